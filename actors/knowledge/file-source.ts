import { jetstream } from "@nats-io/jetstream";
import { type ObjectStore, Objm } from "@nats-io/obj";
import type { Db } from "mongodb";
import type { NatsConnection } from "nats";
import { z } from "zod";
import { UnreadableError } from "./document-text.ts";

const collection = "files";
const bucket = "files";

/** What knowledge reads of a file's metadata. `object` names its bytes in the object store. */
const fileSchema = z.object({
  _id: z.string(),
  filename: z.string(),
  mime_type: z.string(),
  size: z.int(),
  hash: z.string(),
  object: z.string().optional(),
});
export type SourceFile = z.infer<typeof fileSchema>;

/** Uploaded files as a source of documents. */
export class FileSource {
  readonly #db: Db;
  readonly #nc: NatsConnection;
  #store: Promise<ObjectStore> | undefined;

  constructor(db: Db, nc: NatsConnection) {
    this.#db = db;
    this.#nc = nc;
  }

  /** The metadata of a user's own file; null where he has none of this id. */
  async find(user: string, id: string): Promise<SourceFile | null> {
    const found = await this.#db.collection<{ _id: string }>(collection).findOne({ _id: id, user_id: user });
    return found === null ? null : fileSchema.parse(found);
  }

  /** The bytes of a file. @throws UnreadableError when they are gone or more than `maxBytes`. */
  async read(file: SourceFile, maxBytes: number): Promise<Uint8Array> {
    if (file.size > maxBytes) throw new UnreadableError("文件过大");
    this.#store ??= new Objm(jetstream(this.#nc)).open(bucket);
    try {
      const bytes = await (await this.#store).getBlob(file.object ?? file.hash);
      if (bytes !== null) return bytes;
    } catch (err) {
      this.#store = undefined;
      throw err;
    }
    throw new UnreadableError("文件实体不存在(可能已被清理)");
  }
}
