import type { Collection, Db } from "mongodb";
import {
  type DocumentWork,
  knowledgeCollections,
  type SourceDocument,
} from "../../schemas/documents/knowledge.ts";

/** A lease lasts this long, ms; its owner renews it well before. */
export const leaseMs = 20_000;

/** A document whose work this process owns. */
export type ClaimedDocument = SourceDocument & {
  work: DocumentWork;
  lease: { id: string; until: Date };
  attempts: number;
};

/** The work on documents, kept in the documents: each is claimed by one process at a time. */
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
    // Documents of versions that kept the work elsewhere.
    await this.#documents.updateMany(
      { status: "pending", work: { $exists: false } },
      { $set: { work: "ingest" } },
    );
  }

  /** Users with work of a kind, whoever does it. */
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

  /** Whether the document is still there and this process's. */
  async owns({ _id, lease }: ClaimedDocument): Promise<boolean> {
    return (
      (await this.#documents.findOne({ _id, "lease.id": lease.id }, { projection: { _id: 1 } })) !== null
    );
  }

  async renew({ _id, lease }: ClaimedDocument): Promise<void> {
    const until = new Date(Date.now() + leaseMs);
    await this.#documents.updateOne({ _id, "lease.id": lease.id }, { $set: { "lease.until": until } });
  }

  /** Ends the work. */
  async finish({ _id, lease }: ClaimedDocument): Promise<void> {
    await this.#documents.updateOne(
      { _id, "lease.id": lease.id },
      { $set: { work: null, lease: null, attempts: 0 } },
    );
  }

  /** Gives the work back for another attempt after a delay. `unused`: this attempt does not count. */
  async release({ _id, lease }: ClaimedDocument, delayMs: number, unused = false): Promise<void> {
    await this.#documents.updateOne(
      { _id, "lease.id": lease.id },
      {
        $set: { lease: { id: "", until: new Date(Date.now() + delayMs) } },
        $inc: { attempts: unused ? -1 : 0 },
      },
    );
  }

  /** Asks for new vectors of documents that have no other work. */
  async requestVectors(documents: readonly string[]): Promise<void> {
    await this.#documents.updateMany(
      { _id: { $in: [...documents] }, work: null },
      { $set: { work: "embed" } },
    );
  }
}
