import type { Collection, Db } from "mongodb";
import { isDuplicateKey } from "../../infra/mongo/duplicate-key.ts";
import { type FileBody, type FileDocument, fileCollections } from "../../schemas/documents/file.ts";

/** Documents of files and of their shared bodies. */
export class FileStore {
  readonly #files: Collection<FileDocument>;
  readonly #bodies: Collection<FileBody>;

  constructor(db: Db) {
    this.#files = db.collection<FileDocument>(fileCollections.files);
    this.#bodies = db.collection<FileBody>(fileCollections.bodies);
  }

  async createIndexes(): Promise<void> {
    await this.#files.createIndexes([{ key: { user_id: 1, created_at: -1, _id: 1 } }, { key: { hash: 1 } }]);
    await this.#bodies.createIndexes([{ key: { used_at: 1 } }]);
  }

  /** Stores a file; false when the id already exists. */
  async add(file: FileDocument): Promise<boolean> {
    try {
      await this.#files.insertOne(file);
      return true;
    } catch (err) {
      if (isDuplicateKey(err)) return false;
      throw err;
    }
  }

  /** A page of a user's files, newest first, and their total count. */
  async page(user: string, page: number, limit: number): Promise<{ files: FileDocument[]; total: number }> {
    const [files, total] = await Promise.all([
      this.#files
        .find({ user_id: user })
        .sort({ created_at: -1, _id: 1 })
        .skip((page - 1) * limit)
        .limit(limit)
        .toArray(),
      this.#files.countDocuments({ user_id: user }),
    ]);
    return { files, total };
  }

  /** Number and total size in bytes of a user's files. */
  async usage(user: string): Promise<{ count: number; bytes: number }> {
    const [sums] = await this.#files
      .aggregate<{ count: number; bytes: number }>([
        { $match: { user_id: user } },
        { $group: { _id: null, count: { $sum: 1 }, bytes: { $sum: "$size" } } },
      ])
      .toArray();
    return sums ?? { count: 0, bytes: 0 };
  }

  /** Deletes a user's file; false when they have none with this id. The sweep deletes its body. */
  async remove(user: string, id: string): Promise<boolean> {
    return (await this.#files.deleteOne({ _id: id, user_id: user })).deletedCount === 1;
  }

  /** Deletes all files of a user and returns the hashes of their bodies. */
  async removeAll(user: string): Promise<string[]> {
    const hashes = await this.#files.distinct("hash", { user_id: user });
    await this.#files.deleteMany({ user_id: user });
    return hashes;
  }

  /**
   * Marks the body of this hash as used, so that the sweep keeps it until the file is stored. Without a body,
   * creates one from `offered`.
   */
  async useBody(hash: string, offered: Pick<FileBody, "object" | "size">): Promise<FileBody> {
    for (;;) {
      const used_at = new Date();
      const found = await this.#bodies.findOneAndUpdate(
        { _id: hash },
        { $set: { used_at } },
        { returnDocument: "after" },
      );
      if (found !== null) return found;
      const body = { _id: hash, ...offered, used_at };
      try {
        await this.#bodies.insertOne(body);
        return body;
      } catch (err) {
        // A concurrent upload of the same content created it.
        if (!isDuplicateKey(err)) throw err;
      }
    }
  }

  /** Replaces the lost object of a body by another with the same content. */
  async replaceObject(hash: string, gone: string, object: string): Promise<void> {
    await this.#bodies.updateOne({ _id: hash, object: gone }, { $set: { object, used_at: new Date() } });
    await this.#files.updateMany({ hash, object: gone }, { $set: { object } });
  }

  /** Whether a body has this object or this hash. */
  async hasBody(by: { object: string } | { _id: string }): Promise<boolean> {
    return (await this.#bodies.findOne(by, { projection: { _id: 1 } })) !== null;
  }

  /** Bodies last used before a time, limited to `hashes` if set. */
  idleBodies(before: Date, hashes?: string[]): AsyncIterable<FileBody> {
    return this.#bodies.find({ used_at: { $lt: before }, ...(hashes && { _id: { $in: hashes } }) });
  }

  /** Deletes a body without files that was not used since it was read; true when it was deleted. */
  async forgetBody({ _id, object, used_at }: FileBody): Promise<boolean> {
    if ((await this.#files.findOne({ hash: _id }, { projection: { _id: 1 } })) !== null) return false;
    return (await this.#bodies.deleteOne({ _id, object, used_at })).deletedCount === 1;
  }
}
