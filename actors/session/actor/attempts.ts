import type { Collection, Db } from "mongodb";
import { type Attempt, collections } from "../../../schemas/documents/collections.ts";

/** From this attempt on a message runs exclusively in its process. */
export const exclusiveFrom = 3;
/** After this many exclusive runs that crashed the process, the turn is committed as failed. */
export const exclusiveLimit = 3;
const keepSeconds = 7 * 24 * 3600;

/** Both counters of a message. */
export interface AttemptCounts {
  attempts: number;
  exclusive: number;
}

/** Counts restarts of a message after its owner crashed. The normal path writes nothing here. */
export class Attempts {
  readonly #attempts: Collection<Attempt>;

  constructor(db: Db) {
    this.#attempts = db.collection<Attempt>(collections.attempts);
  }

  /** Creates the indexes; idempotent. */
  async createIndexes(): Promise<void> {
    await this.#attempts.createIndex({ at: 1 }, { expireAfterSeconds: keepSeconds });
  }

  /** Increments the start counter and returns both counters. */
  begin(user: string, session: string, inSeq: number): Promise<AttemptCounts> {
    return this.#count(user, session, inSeq, "attempts");
  }

  /** Counts an exclusive run that is about to start. */
  beginExclusive(user: string, session: string, inSeq: number): Promise<AttemptCounts> {
    return this.#count(user, session, inSeq, "alone");
  }

  async #count(
    user: string,
    session: string,
    inSeq: number,
    field: "attempts" | "alone",
  ): Promise<AttemptCounts> {
    const counted = await this.#attempts.findOneAndUpdate(
      { _id: { user, session, in_seq: inSeq } },
      { $inc: { attempts: 0, alone: 0, [field]: 1 }, $set: { at: new Date() } },
      { upsert: true, returnDocument: "after" },
    );
    return { attempts: counted?.attempts ?? 1, exclusive: counted?.alone ?? 0 };
  }
}
