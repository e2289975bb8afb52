import type { Collection, Db } from "mongodb";
import type { RunRoot } from "../../schemas/documents/automation.ts";
import { collections } from "../../schemas/documents/collections.ts";

const keptMs = 24 * 3600 * 1000;

/** Counts the runs one trigger has started through scenes, over all processes. */
export class RunRoots {
  readonly #roots: Collection<RunRoot>;

  constructor(db: Db) {
    this.#roots = db.collection(collections.runRoots);
  }

  async createIndexes(): Promise<void> {
    await this.#roots.createIndex({ expires_at: 1 }, { expireAfterSeconds: 0 });
  }

  /** Reserves up to `wanted` of the runs one trigger may start; returns the number granted. */
  async take(root: string, wanted: number, most: number): Promise<number> {
    const counted = await this.#roots.findOneAndUpdate(
      { _id: root },
      { $inc: { runs: wanted }, $setOnInsert: { expires_at: new Date(Date.now() + keptMs) } },
      { upsert: true, returnDocument: "after" },
    );
    const before = (counted?.runs ?? wanted) - wanted;
    return Math.max(0, Math.min(wanted, most - before));
  }
}
