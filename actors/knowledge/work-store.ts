import type { Collection, Db } from "mongodb";
import {
  type DocumentWork,
  knowledgeCollections,
  type SourceDocument,
} from "../../schemas/documents/knowledge.ts";

/** Duration of a lease, ms; its owner renews it well before. */
export const leaseMs = 20_000;

/** A document claimed by this process. */
export type ClaimedDocument = SourceDocument & {
  work: DocumentWork;
  lease: { id: string; until: Date };
  attempts: number;
};

/** Document work state, stored in the documents; each is claimed by one process at a time. */
export class WorkStore {
  readonly #documents: Collection<SourceDocument>;

  constructor(db: Db) {
    this.#documents = db.collection(knowledgeCollections.documents);
  }

  async createIndexes(): Promise<void> {
    await this.#documents.createIndex(
      { work: 1, user_id: 1, created_at: 1 },
      { partialFilterExpression: { work: { $type: "string" } } },
    );
    // Migrate documents of versions that stored work separately.
    await this.#documents.updateMany(
      { status: "pending", work: { $exists: false } },
      { $set: { work: "ingest" } },
    );
  }

  /** Users with pending or running work of a kind. */
  users(work: DocumentWork): Promise<string[]> {
    return this.#documents.distinct("user_id", { work });
  }

  /** Claims the oldest unclaimed document of a user; null without one. */
  async claim(user: string, work: DocumentWork, lease: string): Promise<ClaimedDocument | null> {
    const now = new Date();
    const found = await this.#documents.findOneAndUpdate(
      { work, user_id: user, $or: [{ lease: null }, { "lease.until": { $lt: now } }] },
      { $set: { lease: { id: lease, until: new Date(now.getTime() + leaseMs) } }, $inc: { attempts: 1 } },
      { sort: { created_at: 1 }, returnDocument: "after" },
    );
    return found as ClaimedDocument | null;
  }

  /** Whether the document exists and is owned by this process. */
  async owns({ _id, lease }: ClaimedDocument): Promise<boolean> {
    return (
      (await this.#documents.findOne({ _id, "lease.id": lease.id }, { projection: { _id: 1 } })) !== null
    );
  }

  async renew({ _id, lease }: ClaimedDocument): Promise<void> {
    const until = new Date(Date.now() + leaseMs);
    await this.#documents.updateOne({ _id, "lease.id": lease.id }, { $set: { "lease.until": until } });
  }

  /** Completes the work. */
  async finish({ _id, lease }: ClaimedDocument): Promise<void> {
    await this.#documents.updateOne(
      { _id, "lease.id": lease.id },
      { $set: { work: null, lease: null, attempts: 0 } },
    );
  }

  /** Releases the work for another attempt after a delay. `unused`: don't count this attempt. */
  async release({ _id, lease }: ClaimedDocument, delayMs: number, unused = false): Promise<void> {
    await this.#documents.updateOne(
      { _id, "lease.id": lease.id },
      {
        $set: { lease: { id: "", until: new Date(Date.now() + delayMs) } },
        $inc: { attempts: unused ? -1 : 0 },
      },
    );
  }

  /** Requests re-embedding of documents without other work. */
  async requestVectors(documents: readonly string[]): Promise<void> {
    await this.#documents.updateMany(
      { _id: { $in: [...documents] }, work: null },
      { $set: { work: "embed" } },
    );
  }
}
