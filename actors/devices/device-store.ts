import type { AnyBulkWriteOperation, Collection, Db } from "mongodb";
import type { Logger } from "../../infra/log.ts";
import { accountCollections, type UserDocument } from "../../schemas/documents/account.ts";
import { collections } from "../../schemas/documents/collections.ts";
import type {
  AnnouncementDocument,
  Device,
  DeviceDocument,
  DevicePlace,
  HeardTopic,
  HomeSettings,
} from "../../schemas/documents/device.ts";
import { type RefusedItem, writeBatch } from "../storage/batch-write.ts";

/** Devices in MongoDB: last states, discovery data, and the stored sequence of each stream partition. */
export class DeviceStore {
  readonly #devices: Collection<DeviceDocument>;
  readonly #announcements: Collection<AnnouncementDocument>;
  readonly #topics: Collection<HeardTopic>;
  readonly #homes: Collection<HomeSettings>;
  readonly #places: Collection<DevicePlace>;
  readonly #users: Collection<UserDocument>;

  constructor(db: Db) {
    this.#devices = db.collection(collections.devices);
    this.#announcements = db.collection(collections.announcements);
    this.#topics = db.collection(collections.deviceTopics);
    this.#homes = db.collection(collections.homes);
    this.#places = db.collection(collections.devicePlaces);
    this.#users = db.collection(accountCollections.users);
  }

  async createIndexes(): Promise<void> {
    await Promise.all([
      this.#devices.createIndex({ "_id.user": 1, "_id.device": 1 }),
      this.#announcements.createIndex({ "_id.user": 1 }),
      this.#topics.createIndex({ "_id.user": 1 }),
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
    return (await this.#devices.deleteOne({ _id: { user, device } })).deletedCount > 0;
  }

  /** Identities of a user's devices, without states. */
  origins(
    user: string,
  ): Promise<Pick<DeviceDocument, "_id" | "kind" | "node" | "base" | "online" | "online_until">[]> {
    const found = this.#devices.find({ "_id.user": user });
    const shown = { kind: 1, node: 1, base: 1, online: 1, online_until: 1 };
    return found.project<DeviceDocument>(shown).toArray();
  }

  async isOfDeleted(user: string): Promise<boolean> {
    return (
      (await this.#users.findOne({ _id: user }, { projection: { deleted_at: 1 } }))?.deleted_at !== undefined
    );
  }

  async eraseUser(user: string): Promise<void> {
    await Promise.all([
      this.#devices.deleteMany({ "_id.user": user }),
      this.#announcements.deleteMany({ "_id.user": user }),
      this.#topics.deleteMany({ "_id.user": user }),
      this.#homes.deleteOne({ _id: user }),
    ]);
  }

  /**
   * Writes states, except those already overwritten by a later owner. Returns those that can't be stored.
   */
  write(log: Logger, devices: readonly DeviceDocument[]): Promise<RefusedItem<DeviceDocument>[]> {
    return writeBatch(log, "devices", devices, (some) => {
      // A document with a later sequence does not match, and its upsert fails on the duplicate key.
      const operations = some.map(({ _id, ...fields }): AnyBulkWriteOperation<DeviceDocument> => {
        const filter = { _id, seq: { $lt: fields.seq } };
        return { updateOne: { filter, update: { $set: fields }, upsert: true } };
      });
      return this.#devices.bulkWrite(operations, { ordered: false });
    });
  }

  /** Sequence up to which a partition is stored; initially 0. */
  async place(partition: number): Promise<number> {
    return (await this.#places.findOne({ _id: partition }))?.seq ?? 0;
  }

  async setPlace(partition: number, seq: number): Promise<void> {
    await this.#places.updateOne({ _id: partition }, { $max: { seq } }, { upsert: true });
  }

  /** The highest stored sequence of all partitions. */
  async highestPlace(): Promise<number> {
    const [highest] = await this.#places.find().sort({ seq: -1 }).limit(1).toArray();
    return highest?.seq ?? 0;
  }

  announcements(user: string): Promise<AnnouncementDocument[]> {
    return this.#announcements.find({ "_id.user": user }).sort({ at: 1 }).toArray();
  }

  async setAnnouncement({ _id, ...fields }: AnnouncementDocument): Promise<void> {
    await this.#announcements.replaceOne({ _id }, fields, { upsert: true });
  }

  async deleteAnnouncements(user: string, topics: readonly string[]): Promise<void> {
    if (topics.length === 0) return;
    await this.#announcements.deleteMany({ _id: { $in: topics.map((topic) => ({ user, topic })) } });
  }

  /** Whether a user's devices are announced to Home Assistant. */
  async isMirrored(user: string): Promise<boolean> {
    return (await this.#homes.findOne({ _id: user }))?.homeassistant === true;
  }

  async setMirrored(user: string, homeassistant: boolean): Promise<void> {
    await this.#homes.updateOne({ _id: user }, { $set: { homeassistant } }, { upsert: true });
  }

  /** Users with announced devices. */
  announcingUsers(): Promise<string[]> {
    return this.#announcements.distinct("_id.user");
  }

  topics(user: string): Promise<HeardTopic[]> {
    return this.#topics.find({ "_id.user": user }).toArray();
  }

  /** Writes the last payload of topics; `heard: null` deletes one. */
  async writeTopics(
    log: Logger,
    topics: readonly { _id: HeardTopic["_id"]; heard: HeardTopic | null }[],
  ): Promise<void> {
    await writeBatch(log, "device topics", topics, (some) => {
      const operations = some.map(({ _id, heard }): AnyBulkWriteOperation<HeardTopic> => {
        if (heard === null) return { deleteOne: { filter: { _id } } };
        const { text, at } = heard;
        return { updateOne: { filter: { _id }, update: { $set: { text, at } }, upsert: true } };
      });
      return this.#topics.bulkWrite(operations, { ordered: false });
    });
  }
}

/** API view of a device. */
export function shownDevice(device: DeviceDocument): Device {
  const { _id, name, type, state, online, online_until, last_seen, kind, fields, components, unsupported } =
    device;
  const expired = online_until instanceof Date && online_until.getTime() < Date.now();
  return {
    ...{ device_id: _id.device, name, type, state, online: online && !expired },
    last_seen: last_seen.toISOString(),
    ...(kind !== undefined && kind !== "native" && { kind }),
    ...(fields !== undefined && { fields }),
    ...(components !== undefined && components.length > 0 && { components }),
    ...(unsupported !== undefined && { unsupported }),
  };
}
