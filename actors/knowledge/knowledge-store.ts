import { Binary, type Collection, type Db } from "mongodb";
import {
  type BaseDocument,
  type ChunkDocument,
  knowledgeCollections,
  type SourceDocument,
} from "../../schemas/documents/knowledge.ts";

/** A chunk before it is stored; its vector is packed. */
export type NewChunk = Omit<ChunkDocument, "vector"> & { vector: Uint8Array | null };

/** A base with its document count. */
export type CountedBase = BaseDocument & { doc_count: number };

/** A document without its text, which may be megabytes. */
export type SourceHead = Omit<SourceDocument, "raw_content">;

const headOnly = { projection: { raw_content: 0 } };
const byModel = { embedding_model: 1, chunk_count: 1 } as const;
const insertBatch = 500;

/** Knowledge in MongoDB. Every method is scoped to a user; data of others is not found. */
export class KnowledgeStore {
  readonly #bases: Collection<BaseDocument>;
  readonly #documents: Collection<SourceDocument>;
  readonly #chunks: Collection<ChunkDocument>;

  constructor(db: Db) {
    this.#bases = db.collection(knowledgeCollections.bases);
    this.#documents = db.collection(knowledgeCollections.documents);
    this.#chunks = db.collection(knowledgeCollections.chunks);
  }

  async createIndexes(): Promise<void> {
    await Promise.all([
      this.#bases.createIndex({ user_id: 1, created_at: 1 }),
      this.#documents.createIndex({ user_id: 1, kb_id: 1, created_at: 1, _id: 1 }),
      this.#documents.createIndex(byModel),
      this.#chunks.createIndex({ user_id: 1, document_id: 1, set: 1, index: 1 }),
    ]);
  }

  async addBase(base: BaseDocument): Promise<void> {
    await this.#bases.insertOne(base);
  }

  bases(user: string, ids?: readonly string[]): Promise<BaseDocument[]> {
    return this.#bases
      .find({ user_id: user, ...(ids && { _id: { $in: [...ids] } }) })
      .sort({ created_at: 1 })
      .toArray();
  }

  /** Bases with document counts. */
  async counted(user: string, bases: readonly BaseDocument[]): Promise<CountedBase[]> {
    const ids = bases.map(({ _id }) => _id);
    const groups = await this.#documents
      .aggregate<{ _id: string; count: number }>([
        { $match: { user_id: user, kb_id: { $in: ids } } },
        { $group: { _id: "$kb_id", count: { $sum: 1 } } },
      ])
      .toArray();
    const counts = new Map(groups.map(({ _id, count }) => [_id, count]));
    return bases.map((base) => ({ ...base, doc_count: counts.get(base._id) ?? 0 }));
  }

  countBases(user: string): Promise<number> {
    return this.#bases.countDocuments({ user_id: user });
  }

  base(user: string, id: string): Promise<BaseDocument | null> {
    return this.#bases.findOne({ _id: id, user_id: user });
  }

  /** Updates a base; returns whether it exists. */
  async updateBase(
    user: string,
    id: string,
    fields: { name: string; description?: string | undefined },
  ): Promise<boolean> {
    const set = {
      name: fields.name,
      ...(fields.description !== undefined && { description: fields.description }),
    };
    const { matchedCount } = await this.#bases.updateOne(
      { _id: id, user_id: user },
      { $set: { ...set, updated_at: new Date() } },
    );
    return matchedCount > 0;
  }

  /**
   * Deletes a base and its contents. The base is deleted last, so that an interrupted deletion can be
   * repeated; content added meanwhile is deleted after it.
   */
  async deleteBase(user: string, id: string): Promise<boolean> {
    if ((await this.base(user, id)) === null) return false;
    await this.#emptyBase(user, id);
    const { deletedCount } = await this.#bases.deleteOne({ _id: id, user_id: user });
    await this.#emptyBase(user, id);
    return deletedCount > 0;
  }

  /** Deletes all knowledge of a deleted user. */
  async eraseUser(user: string): Promise<void> {
    await this.#bases.deleteMany({ user_id: user });
    await this.#documents.deleteMany({ user_id: user });
    await this.#chunks.deleteMany({ user_id: user });
  }

  /** Adds a document; returns whether its base still exists. */
  async addDocument(document: SourceDocument): Promise<boolean> {
    await this.#documents.insertOne(document);
    const there = await this.touchBase(document);
    if (!there) await this.#documents.deleteOne({ _id: document._id, user_id: document.user_id });
    return there;
  }

  countDocuments(user: string, base: string): Promise<number> {
    return this.#documents.countDocuments({ user_id: user, kb_id: base });
  }

  /** Documents of all users with chunks that lack a vector of `model`, by id, after `after`. */
  otherwiseEmbedded(
    model: string,
    after: string,
    limit: number,
  ): Promise<Pick<SourceDocument, "_id" | "user_id">[]> {
    return this.#documents
      .find({
        embedding_model: { $ne: model },
        chunk_count: { $gt: 0 },
        status: "ready",
        _id: { $gt: after },
      })
      .project<Pick<SourceDocument, "_id" | "user_id">>({ user_id: 1 })
      .hint(byModel)
      .sort({ _id: 1 })
      .limit(limit)
      .toArray();
  }

  /** Documents of a base from `offset` on, oldest first, with truncated texts. */
  documents(
    user: string,
    base: string,
    { chars, offset, limit }: { chars: number; offset: number; limit: number },
  ): Promise<SourceDocument[]> {
    const stages = [
      { $match: { user_id: user, kb_id: base } },
      { $sort: { created_at: 1, _id: 1 } },
      { $skip: offset },
      { $limit: limit },
      { $set: { raw_content: chars === 0 ? "" : { $substrCP: ["$raw_content", 0, chars] } } },
    ];
    return this.#documents.aggregate<SourceDocument>(stages).toArray();
  }

  heads(user: string, bases: readonly string[]): Promise<SourceHead[]> {
    return this.#documents
      .find({ user_id: user, kb_id: { $in: [...bases] }, chunk_set: { $ne: null } }, headOnly)
      .toArray();
  }

  document(user: string, id: string): Promise<SourceDocument | null> {
    return this.#documents.findOne({ _id: id, user_id: user });
  }

  titles(user: string, ids: readonly string[]): Promise<Pick<SourceDocument, "_id" | "title">[]> {
    return this.#documents
      .find({ user_id: user, _id: { $in: [...ids] } }, { projection: { title: 1 } })
      .toArray();
  }

  /** Updates a document; returns whether it exists. */
  async updateDocument(
    user: string,
    id: string,
    set: Partial<Omit<SourceDocument, "_id">>,
  ): Promise<boolean> {
    const { matchedCount } = await this.#documents.updateOne(
      { _id: id, user_id: user },
      { $set: { ...set, updated_at: new Date() } },
    );
    return matchedCount > 0;
  }

  /**
   * Activates a chunk set of a document and deletes the previous one. If two sets replace the same one, only
   * one wins. The other, or the set of a document deleted meanwhile, is deleted; returns false then.
   */
  async switchChunks(document: SourceHead, set: string, fields: Partial<SourceDocument>): Promise<boolean> {
    const { user_id: user, _id: id, chunk_set } = document;
    const { matchedCount } = await this.#documents.updateOne(
      { _id: id, user_id: user, chunk_set },
      { $set: { ...fields, chunk_set: set, updated_at: new Date() } },
    );
    const won = matchedCount > 0;
    await this.#chunks.deleteMany({ user_id: user, document_id: id, set: won ? { $ne: set } : set });
    return won;
  }

  /** Deletes a document after its chunks, then chunks added meanwhile; returns whether it existed. */
  async deleteDocument(user: string, id: string): Promise<boolean> {
    const document = await this.document(user, id);
    if (document === null) return false;
    await this.#chunks.deleteMany({ user_id: user, document_id: id });
    const { deletedCount } = await this.#documents.deleteOne({ _id: id, user_id: user });
    await this.#chunks.deleteMany({ user_id: user, document_id: id });
    await this.touchBase(document);
    return deletedCount > 0;
  }

  async addChunks(chunks: readonly NewChunk[]): Promise<void> {
    for (let from = 0; from < chunks.length; from += insertBatch) {
      const part = chunks.slice(from, from + insertBatch);
      await this.#chunks.insertMany(
        part.map((chunk) => ({ ...chunk, vector: chunk.vector === null ? null : new Binary(chunk.vector) })),
      );
    }
  }

  countChunks(user: string): Promise<number> {
    return this.#chunks.countDocuments({ user_id: user });
  }

  async hasChunks(user: string): Promise<boolean> {
    return (await this.#chunks.findOne({ user_id: user }, { projection: { _id: 1 } })) !== null;
  }

  /** Chunks of a document in order, from `offset` on. */
  chunks(document: SourceHead, offset = 0, limit = 0): Promise<ChunkDocument[]> {
    const { user_id, _id, chunk_set } = document;
    if (chunk_set === null) return Promise.resolve([]);
    return this.#chunks
      .find({ user_id, document_id: _id, set: chunk_set }, { projection: { vector: 0, terms: 0 } })
      .sort({ index: 1 })
      .skip(offset)
      .limit(limit)
      .toArray();
  }

  /** Terms and vectors of a document's chunks, for the index. */
  searchData(document: SourceHead): AsyncIterable<Pick<ChunkDocument, "_id" | "terms" | "vector">> {
    const { user_id, _id, chunk_set } = document;
    return this.#chunks.find(
      { user_id, document_id: _id, set: chunk_set ?? "" },
      { projection: { terms: 1, vector: 1 }, batchSize: 1_000 },
    );
  }

  chunksById(user: string, ids: readonly string[]): Promise<ChunkDocument[]> {
    return this.#chunks
      .find({ user_id: user, _id: { $in: [...ids] } }, { projection: { vector: 0, terms: 0 } })
      .toArray();
  }

  /** Increments the revision of a document's base for the indexes; returns whether the base exists. */
  async touchBase({ user_id, kb_id }: Pick<SourceDocument, "user_id" | "kb_id">): Promise<boolean> {
    const { matchedCount } = await this.#bases.updateOne(
      { _id: kb_id, user_id },
      { $inc: { revision: 1 }, $set: { updated_at: new Date() } },
    );
    return matchedCount > 0;
  }

  async #emptyBase(user: string, id: string): Promise<void> {
    await this.#documents.deleteMany({ user_id: user, kb_id: id });
    await this.#chunks.deleteMany({ user_id: user, kb_id: id });
  }
}
