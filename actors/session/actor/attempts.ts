import type { Collection, Db } from "mongodb";
import { type Attempt, collections } from "../../../schemas/documents/collections.ts";

/** From this attempt on a message runs alone in its process. */
export const aloneFrom = 3;
/** This many runs alone that ended with the process's death make a failed turn. */
export const aloneLimit = 3;
const keepSeconds = 7 * 24 * 3600;

/** How often a message was begun again after the death of an owner. The normal path writes nothing here. */
export class Attempts {
  readonly #attempts: Collection<Attempt>;

  constructor(db: Db) {
    this.#attempts = db.collection<Attempt>(collections.attempts);
  }

  /** Makes the indexes; safe to repeat. */
  async createIndexes(): Promise<void> {
    await this.#attempts.createIndex({ at: 1 }, { expireAfterSeconds: keepSeconds });
  }

  /** Counts one more beginning and returns both counts as they are then. */
  begin(user: string, session: string, inSeq: number): Promise<{ attempts: number; alone: number }> {
    return this.#count(user, session, inSeq, "attempts");
  }

  /** Counts a run that is about to begin alone. */
  beginAlone(user: string, session: string, inSeq: number): Promise<{ attempts: number; alone: number }> {
    return this.#count(user, session, inSeq, "alone");
  }

  async #count(user: string, session: string, inSeq: number, field: "attempts" | "alone") {
    const counted = await this.#attempts.findOneAndUpdate(
      { _id: { user, session, in_seq: inSeq } },
      { $inc: { attempts: 0, alone: 0, [field]: 1 }, $set: { at: new Date() } },
      { upsert: true, returnDocument: "after" },
    );
    return { attempts: counted?.attempts ?? 1, alone: counted?.alone ?? 0 };
  }
}
