import type { Collection, Db } from "mongodb";
import type { Logger } from "../../infra/log.ts";
import { collections } from "../../schemas/documents/collections.ts";
import type { HistoryMean, HistoryPoint } from "../../schemas/documents/device-history.ts";
import { Budgets } from "../runtime/budgets.ts";
import { writeBatch } from "../storage/batch-write.ts";
import { numbersIn } from "./history-values.ts";

const daySeconds = 24 * 3600;
const rawDays = 7;
const meanDays = 366;
const minuteMs = 60_000;
/** Interval of one mean. */
export const slotMs = 5 * minuteMs;
/** Burst of points of one field, refilled over ten minutes; sustained rates are thinned out. */
const fieldPoints = 60;
const fieldMs = 10 * minuteMs;
const fieldsAtMost = 50_000;

interface Mean extends Omit<HistoryMean, "_id" | "expires_at"> {
  id: HistoryMean["_id"];
}

/**
 * Time series of numbers and on/off values of devices: raw points for seven days, thinned out where a field
 * changes constantly, and five-minute means for a year.
 */
export class DeviceHistory {
  readonly #points: Collection<HistoryPoint>;
  readonly #means: Collection<HistoryMean>;
  readonly #db: Db;
  readonly #log: Logger;
  readonly #users: Budgets;
  readonly #fields = new Budgets(fieldPoints, fieldMs);
  #waiting: HistoryPoint[] = [];
  /** Means of unfinished intervals. */
  readonly #open = new Map<string, Mean>();

  constructor(db: Db, log: Logger, userPointsPerMin: number) {
    this.#db = db;
    this.#log = log;
    this.#points = db.collection(collections.deviceHistory);
    this.#means = db.collection(collections.deviceMeans);
    this.#users = new Budgets(userPointsPerMin, minuteMs);
  }

  async createCollections(): Promise<void> {
    const found = await this.#db.listCollections({ name: collections.deviceHistory }).toArray();
    if (found.length === 0)
      await this.#db
        .createCollection(collections.deviceHistory, {
          timeseries: { timeField: "at", metaField: "meta", granularity: "seconds" },
          expireAfterSeconds: rawDays * daySeconds,
        })
        .catch((err: unknown) => this.#log.debug({ err }, "device history collection not created"));
    await Promise.all([
      this.#points.createIndex({ "meta.user": 1, "meta.device": 1, "meta.field": 1, at: 1 }),
      this.#means.createIndex({ expires_at: 1 }, { expireAfterSeconds: 0 }),
    ]);
  }

  /** Adds the values of a change. */
  changed(user: string, device: string, values: Record<string, unknown>, at: number): void {
    for (const [field, value] of numbersIn(values)) {
      if (this.#open.size >= fieldsAtMost || this.#users.take(user, 1) > 0) return;
      this.#mean(user, device, field, value, at);
      if (this.#fields.take(`${user}/${device}/${field}`, 1) > 0) continue;
      this.#waiting.push({ at: new Date(at), meta: { user, device, field }, value });
    }
  }

  /** Writes pending points and the means of finished intervals; with `all`, also of unfinished ones. */
  async flush(all = false): Promise<void> {
    const points = this.#waiting;
    this.#waiting = [];
    const now = Date.now();
    const over = [...this.#open].filter(([, { id }]) => all || id.slot.getTime() + slotMs <= now);
    for (const [key] of over) this.#open.delete(key);
    await Promise.all([
      writeBatch(this.#log, "device history", points, (some) =>
        this.#points.insertMany([...some], { ordered: false, writeConcern: { w: 1 } }),
      ),
      writeBatch(
        this.#log,
        "device means",
        over.map(([, mean]) => mean),
        (some) => this.#means.bulkWrite(some.map(meanWrite), { ordered: false, writeConcern: { w: 1 } }),
      ),
    ]);
  }

  /** Raw points of a field in a time range, oldest first; the newest `limit` points. */
  async raw(meta: HistoryPoint["meta"], from: Date, to: Date, limit: number): Promise<HistoryPoint[]> {
    const { user, device, field } = meta;
    const filter = { "meta.user": user, "meta.device": device, "meta.field": field };
    const found = this.#points.find({ ...filter, at: { $gte: from, $lte: to } } as object);
    return (await found.sort({ at: -1 }).limit(limit).toArray()).reverse();
  }

  /** Means of a field in a time range, oldest first. */
  async means(meta: HistoryPoint["meta"], from: Date, to: Date): Promise<HistoryMean[]> {
    const between = { $gte: { ...meta, slot: from }, $lte: { ...meta, slot: to } };
    return this.#means.find({ _id: between }).sort({ _id: 1 }).toArray();
  }

  async eraseDevice(user: string, device: string): Promise<void> {
    await this.#erase({ user, device });
  }

  async eraseUser(user: string): Promise<void> {
    await this.#erase({ user });
  }

  async #erase({ user, device }: { user: string; device?: string }): Promise<void> {
    const filter = (prefix: string) => ({
      [`${prefix}.user`]: user,
      ...(device !== undefined && { [`${prefix}.device`]: device }),
    });
    const isTheirs = (meta: { user: string; device: string }) =>
      meta.user === user && (device === undefined || meta.device === device);
    this.#waiting = this.#waiting.filter(({ meta }) => !isTheirs(meta));
    for (const [key, { id }] of this.#open) if (isTheirs(id)) this.#open.delete(key);
    await Promise.all([
      this.#points.deleteMany(filter("meta") as object),
      this.#means.deleteMany(filter("_id") as object),
    ]);
  }

  #mean(user: string, device: string, field: string, value: number, at: number): void {
    const slot = new Date(Math.floor(at / slotMs) * slotMs);
    const key = `${user}/${device}/${field}/${slot.getTime()}`;
    const mean = this.#open.get(key);
    if (mean === undefined) {
      const id = { user, device, field, slot };
      this.#open.set(key, { id, sum: value, count: 1, min: value, max: value });
      return;
    }
    mean.sum += value;
    mean.count += 1;
    mean.min = Math.min(mean.min, value);
    mean.max = Math.max(mean.max, value);
  }
}

function meanWrite({ id, sum, count, min, max }: Mean) {
  return {
    updateOne: {
      filter: { _id: id },
      update: {
        $inc: { sum, count },
        $min: { min },
        $max: { max },
        $setOnInsert: { expires_at: new Date(id.slot.getTime() + meanDays * daySeconds * 1_000) },
      },
      upsert: true,
    },
  };
}
