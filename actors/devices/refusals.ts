import type { Collection, Db } from "mongodb";
import type { Logger } from "../../infra/log.ts";
import { collections } from "../../schemas/documents/collections.ts";
import type { Refusal, RefusalsDocument } from "../../schemas/documents/device.ts";
import { writeBatch } from "../storage/batch-write.ts";

const keptAtMost = 100;
const topicChars = 512;
const reasonChars = 256;
const writeMs = 500;

/** Refused device messages: the last hundred of each user. */
export class Refusals {
  readonly #refusals: Collection<RefusalsDocument>;
  readonly #log: Logger;
  #waiting = new Map<string, Refusal[]>();
  #timer: NodeJS.Timeout | undefined;

  constructor(db: Db, log: Logger) {
    this.#refusals = db.collection(collections.deviceRefusals);
    this.#log = log;
  }

  /** Records a refusal; immediate repetitions are counted. */
  add(user: string, topic: string, reason: string, count = 1): void {
    this.#log.debug({ user, topic, reason }, "device message refused");
    const waiting = this.#waiting.get(user) ?? [];
    const time = new Date().toISOString();
    const shown = {
      topic: topic.slice(0, topicChars).toWellFormed(),
      reason: reason.slice(0, reasonChars).toWellFormed(),
    };
    const same = waiting.find((one) => one.topic === shown.topic && one.reason === shown.reason);
    if (same !== undefined) Object.assign(same, { count: same.count + count, time });
    else waiting.push({ ...shown, time, count });
    if (waiting.length > keptAtMost) waiting.shift();
    this.#waiting.set(user, waiting);
    this.#timer ??= setTimeout(() => void this.flush(), writeMs);
  }

  /** The last refusals of a user, newest first. */
  async list(user: string): Promise<Refusal[]> {
    await this.flush();
    return (await this.#refusals.findOne({ _id: user }))?.refused.reverse() ?? [];
  }

  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const waiting = [...this.#waiting];
    this.#waiting = new Map();
    await writeBatch(this.#log, "refusals", waiting, (some) => {
      const operations = some.map(([_id, refused]) => ({
        updateOne: {
          filter: { _id },
          update: { $push: { refused: { $each: refused, $slice: -keptAtMost } } },
          upsert: true,
        },
      }));
      return this.#refusals.bulkWrite(operations, { ordered: false });
    });
  }

  async eraseUser(user: string): Promise<void> {
    this.#waiting.delete(user);
    await this.#refusals.deleteOne({ _id: user });
  }
}
