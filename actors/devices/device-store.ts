import type { AnyBulkWriteOperation, Collection, Db } from "mongodb";
import type { Logger } from "../../infra/log.ts";
import { accountCollections, type UserDocument } from "../../schemas/documents/account.ts";
import { collections } from "../../schemas/documents/collections.ts";
import type { Device, DeviceDocument, DevicePlace, Discovery } from "../../schemas/documents/device.ts";
import { type RefusedItem, writeBatch } from "../storage/batch-write.ts";

/** Devices in MongoDB: the last state of each, what discovery says of it, and how far the stream is stored. */
export class DeviceStore {
  readonly #devices: Collection<DeviceDocument>;
  readonly #discoveries: Collection<Discovery>;
  readonly #places: Collection<DevicePlace>;
  readonly #users: Collection<UserDocument>;

  constructor(db: Db) {
    this.#devices = db.collection(collections.devices);
    this.#discoveries = db.collection(collections.discoveries);
    this.#places = db.collection(collections.devicePlaces);
    this.#users = db.collection(accountCollections.users);
  }

  async createIndexes(): Promise<void> {
    await Promise.all([
      this.#devices.createIndex({ "_id.user": 1, "_id.device": 1 }),
      this.#discoveries.createIndex({ "_id.user": 1, "components.source": 1 }),
      this.#discoveries.createIndex({ "_id.user": 1, availability: 1 }),
    ]);
  }

  find(user: string, device: string): Promise<DeviceDocument | null> {
    return this.#devices.findOne({ _id: { user, device } });
  }

  findAll(ids: readonly DeviceDocument["_id"][]): Promise<DeviceDocument[]> {
    return this.#devices.find({ _id: { $in: [...ids] } }).toArray();
  }

  list(user: string, limit: number, offset: number): Promise<DeviceDocument[]> {
    const found = this.#devices.find({ "_id.user": user }).sort({ "_id.device": 1 });
    return found.skip(offset).limit(limit).toArray();
  }

  count(user: string): Promise<number> {
    return this.#devices.countDocuments({ "_id.user": user });
  }

  async delete(user: string, device: string): Promise<boolean> {
    const _id = { user, device };
    const [devices, discoveries] = await Promise.all([
      this.#devices.deleteOne({ _id }),
      this.#discoveries.deleteOne({ _id }),
    ]);
    return devices.deletedCount + discoveries.deletedCount > 0;
  }

  /** Ids of all devices of a user. */
  async idsOf(user: string): Promise<string[]> {
    const found = this.#devices.find({ "_id.user": user }).project<Pick<DeviceDocument, "_id">>({ _id: 1 });
    return (await found.toArray()).map(({ _id }) => _id.device);
  }

  async isOfDeleted(user: string): Promise<boolean> {
    return (
      (await this.#users.findOne({ _id: user }, { projection: { deleted_at: 1 } }))?.deleted_at !== undefined
    );
  }

  async eraseUser(user: string): Promise<void> {
    await Promise.all([
      this.#devices.deleteMany({ "_id.user": user }),
      this.#discoveries.deleteMany({ "_id.user": user }),
    ]);
  }

  /**
   * Writes states; one that a later owner of the device has passed stays as it is. Answers those that can't be stored.
   */
  write(log: Logger, devices: readonly DeviceDocument[]): Promise<RefusedItem<DeviceDocument>[]> {
    return writeBatch(log, "devices", devices, (some) => {
      // A document with a later sequence does not match, and can't be inserted a second time.
      const operations = some.map(({ _id, ...fields }): AnyBulkWriteOperation<DeviceDocument> => {
        const filter = { _id, seq: { $lt: fields.seq } };
        return { updateOne: { filter, update: { $set: fields }, upsert: true } };
      });
      return this.#devices.bulkWrite(operations, { ordered: false });
    });
  }

  /** Sequence up to which a partition is stored; 0 at first. */
  async place(partition: number): Promise<number> {
    return (await this.#places.findOne({ _id: partition }))?.seq ?? 0;
  }

  async setPlace(partition: number, seq: number): Promise<void> {
    await this.#places.updateOne({ _id: partition }, { $max: { seq } }, { upsert: true });
  }

  /** The highest sequence of any partition. */
  async highestPlace(): Promise<number> {
    const [highest] = await this.#places.find().sort({ seq: -1 }).limit(1).toArray();
    return highest?.seq ?? 0;
  }

  discovery(user: string, device: string): Promise<Discovery | null> {
    return this.#discoveries.findOne({ _id: { user, device } });
  }

  /** What discovery says of these devices. */
  discoveriesOf(devices: readonly DeviceDocument[]): Promise<Discovery[]> {
    return this.#discoveries.find({ _id: { $in: devices.map(({ _id }) => _id) } }).toArray();
  }

  /** Discovered devices whose values or availability come from this device's topic. */
  discoveredFrom(
    user: string,
    topic: "components.source" | "availability",
    device: string,
  ): Promise<Discovery[]> {
    return this.#discoveries
      .find({ "_id.user": user, [topic]: device })
      .limit(100)
      .toArray();
  }

  async setDiscovery(discovery: Discovery): Promise<void> {
    const { _id, ...fields } = discovery;
    await this.#discoveries.replaceOne({ _id }, fields, { upsert: true });
  }
}

/** A device as the API shows it. */
export function shownDevice(device: DeviceDocument, discovery?: Discovery): Device {
  const unsupported = discovery?.unsupported;
  return {
    device_id: device._id.device,
    name: device.name,
    type: device.type,
    state: device.state,
    online: device.online,
    last_seen: device.last_seen.toISOString(),
    ...(unsupported !== undefined && { unsupported }),
  };
}
