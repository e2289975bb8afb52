import { Binary, type ClientSession, type Collection, type Db } from "mongodb";
import { isDuplicateKey } from "../../infra/mongo/duplicate-key.ts";
import { type Fact, type MemoryDocument, memoryCollections } from "../../schemas/documents/memory.ts";
import { newId } from "../../schemas/ids.ts";
import { termsOf } from "../text/terms.ts";
import { packVector } from "../text/vector.ts";

/** A fact to store, with the facts it supersedes. */
export interface NewFact extends Fact {
  /** Ids of contradicted current facts. */
  supersedes?: readonly string[];
  event?: string;
}

/** Result of storing a fact: new, or merged into an equivalent one. */
export interface Remembered {
  memory: MemoryDocument;
  change: "added" | "merged";
}

/** Fields needed to embed a fact. */
export type Embeddable = Pick<MemoryDocument, "_id" | "user_id" | "content">;

const byModel = { embedding_model: 1, superseded_by: 1 } as const;
const day = 24 * 3600;
const tries = 5;
/** Prefix of `superseded_by` in facts that ended without a successor. */
export const endedPrefix = "end_";

/** Users' facts in MongoDB. Text and slot are unique among a user's current facts. */
export class MemoryStore {
  readonly #db: Db;
  readonly #memories: Collection<MemoryDocument>;
  readonly #read: Collection<{ _id: string; at: Date }>;
  readonly #maxFacts: number;

  constructor(db: Db, maxFacts: number) {
    this.#db = db;
    this.#memories = db.collection(memoryCollections.memories);
    this.#read = db.collection(memoryCollections.read);
    this.#maxFacts = maxFacts;
  }

  async createIndexes(): Promise<void> {
    await Promise.all([
      this.#memories.createIndex({ user_id: 1, norm: 1, superseded_by: 1 }, { unique: true }),
      this.#memories.createIndex(
        { user_id: 1, slot: 1, superseded_by: 1 },
        { unique: true, partialFilterExpression: { slot: { $type: "string" } } },
      ),
      this.#memories.createIndex({ user_id: 1, created_at: -1 }),
      this.#memories.createIndex(byModel),
      // Longer than events can be redelivered.
      this.#read.createIndex({ at: 1 }, { expireAfterSeconds: 31 * day }),
    ]);
  }

  /** All facts of a user, including superseded ones, newest first. */
  all(user: string): Promise<MemoryDocument[]> {
    return this.#memories.find({ user_id: user }).sort({ created_at: -1 }).limit(this.#maxFacts).toArray();
  }

  async page(
    user: string,
    { category, offset, limit }: { category?: string | undefined; offset: number; limit: number },
  ): Promise<{ memories: MemoryDocument[]; total: number }> {
    const filter = { user_id: user, ...(category !== undefined && { category }) };
    const [memories, total] = await Promise.all([
      this.#memories.find(filter).sort({ created_at: -1, _id: 1 }).skip(offset).limit(limit).toArray(),
      this.#memories.countDocuments(filter),
    ]);
    return { memories, total };
  }

  count(user: string): Promise<number> {
    return this.#memories.countDocuments({ user_id: user });
  }

  /** Deletes all facts of a deleted user. */
  async eraseUser(user: string): Promise<void> {
    await this.#memories.deleteMany({ user_id: user });
  }

  /** Deletes a fact; returns whether it existed. Facts it superseded stay superseded. */
  async forget(user: string, id: string): Promise<boolean> {
    const { deletedCount } = await this.#memories.deleteOne({ _id: id, user_id: user });
    return deletedCount > 0;
  }

  /**
   * Stores a fact. An equivalent one is refreshed; contradicted ones are kept with their end
   * date. Concurrent writers conflict on the unique indexes and retry.
   */
  async remember(user: string, fact: NewFact): Promise<Remembered> {
    const norm = normalized(fact.content);
    for (let attempt = 1; ; attempt++) {
      const same = await this.#merge(user, norm, fact);
      if (same !== null) return { memory: same, change: "merged" };
      const memory = newMemory(user, norm, fact);
      try {
        // In one transaction: no fact ends without its successor.
        await this.#db.client.withSession((session) =>
          session.withTransaction(async () => {
            await this.#supersede(user, memory._id, fact, session);
            await this.#memories.insertOne(memory, { session });
          }),
        );
        return { memory, change: "added" };
      } catch (err) {
        const raced = isDuplicateKey(err);
        if (!raced || attempt >= tries) throw err;
      }
    }
  }

  /** Current facts of a user, newest first. */
  current(user: string): Promise<MemoryDocument[]> {
    return this.#memories
      .find({ user_id: user, superseded_by: null })
      .sort({ created_at: -1 })
      .limit(this.#maxFacts)
      .toArray();
  }

  /** Ends outdated facts without a successor; returns how many were current. */
  async end(user: string, ids: readonly string[]): Promise<number> {
    let ended = 0;
    for (const _id of ids) {
      const at = new Date();
      const { modifiedCount } = await this.#memories.updateOne(
        { _id, user_id: user, superseded_by: null },
        { $set: { superseded_at: at, superseded_by: newId(endedPrefix), updated_at: at } },
      );
      ended += modifiedCount;
    }
    return ended;
  }

  async setVector(id: string, model: string, vector: Float32Array): Promise<void> {
    await this.#memories.updateOne(
      { _id: id },
      { $set: { embedding_model: model, vector: new Binary(packVector(vector)) } },
    );
  }

  /** Current facts of all users without a vector of `model`, by id, after `after`. */
  otherwiseEmbedded(model: string, after: string, limit: number): Promise<Embeddable[]> {
    return this.#memories
      .find({ embedding_model: { $ne: model }, superseded_by: null, _id: { $gt: after } })
      .project<Embeddable>({ user_id: 1, content: 1 })
      .hint(byModel)
      .sort({ _id: 1 })
      .limit(limit)
      .toArray();
  }

  /** Increments the recall counters of facts. */
  async used(user: string, ids: readonly string[]): Promise<void> {
    await this.#memories.updateMany(
      { user_id: user, _id: { $in: [...ids] } },
      { $inc: { uses: 1 }, $set: { used_at: new Date() } },
    );
  }

  /** Whether an event was already processed. */
  async wasRead(event: string): Promise<boolean> {
    return (await this.#read.countDocuments({ _id: event }, { limit: 1 })) > 0;
  }

  async markRead(event: string): Promise<void> {
    await this.#read.updateOne({ _id: event }, { $setOnInsert: { at: new Date() } }, { upsert: true });
  }

  #merge(user: string, norm: string, { priority, category }: NewFact): Promise<MemoryDocument | null> {
    return this.#memories.findOneAndUpdate(
      { user_id: user, norm, superseded_by: null },
      {
        $max: { priority },
        $set: { updated_at: new Date(), ...(category !== "other" && { category }) },
      },
      { returnDocument: "after" },
    );
  }

  async #supersede(
    user: string,
    by: string,
    { slot, supersedes }: NewFact,
    session: ClientSession,
  ): Promise<void> {
    const contradicted = [
      ...(slot ? [{ slot }] : []),
      ...(supersedes !== undefined && supersedes.length > 0 ? [{ _id: { $in: [...supersedes] } }] : []),
    ];
    if (contradicted.length === 0) return;
    const at = new Date();
    await this.#memories.updateMany(
      { user_id: user, superseded_by: null, $or: contradicted },
      { $set: { superseded_at: at, superseded_by: by, updated_at: at } },
      { session },
    );
  }
}

/** Normalizes case, width, punctuation and white space. */
function normalized(content: string): string {
  const plain = content.normalize("NFKC").toLowerCase();
  const words = plain.match(/[\p{L}\p{N}]+/gu) ?? [];
  return words.length === 0 ? plain.trim() : words.join(" ");
}

function newMemory(user: string, norm: string, fact: NewFact): MemoryDocument {
  const at = new Date();
  return {
    _id: newId("mem_"),
    user_id: user,
    content: fact.content,
    category: fact.category,
    priority: fact.priority,
    norm,
    slot: fact.slot || null,
    terms: termsOf(fact.content).join(" "),
    embedding_model: null,
    vector: null,
    uses: 0,
    used_at: null,
    ...(fact.event !== undefined && { event: fact.event }),
    superseded_at: null,
    superseded_by: null,
    created_at: at,
    updated_at: at,
  };
}
