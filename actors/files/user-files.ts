import type { JetStreamManager } from "@nats-io/jetstream";
import type { ObjectStore } from "@nats-io/obj";
import type { Collection, Db } from "mongodb";
import type { NatsConnection } from "nats";
import { openStore } from "../../infra/nats/bulk-store.ts";
import { openObject, type StoredObject } from "../../infra/nats/object-reader.ts";
import { type FileDocument, fileCollections } from "../../schemas/documents/file.ts";
import { ParleyError } from "../../schemas/errors.ts";
import type { FilePart } from "../../schemas/wire/file-part.ts";

/** Read access to the files of users. Every query includes the user, so nobody reads another user's file. */
export class UserFiles {
  readonly #files: Collection<FileDocument>;
  readonly #nc: NatsConnection;
  readonly #jsm: JetStreamManager;
  readonly #stores = new Map<string, Promise<ObjectStore>>();

  constructor({ db, nc, jsm }: { db: Db; nc: NatsConnection; jsm: JetStreamManager }) {
    this.#files = db.collection<FileDocument>(fileCollections.files);
    this.#nc = nc;
    this.#jsm = jsm;
  }

  /** Returns the metadata of a user's file; null when they have none with this id. */
  find(user: string, id: string): Promise<FileDocument | null> {
    return this.#files.findOne({ _id: id, user_id: user });
  }

  /** The same as {@link find}. @throws ParleyError `not_found` */
  async own(user: string, id: string): Promise<FileDocument> {
    const file = await this.find(user, id);
    if (file === null) throw new ParleyError("not_found", { error: "文件不存在" });
    return file;
  }

  /**
   * Reads the bytes of a file.
   * @throws ParleyError `file_missing`, or `file_too_large` for more than `maxBytes`
   */
  bytes(file: Pick<FileDocument, "object">, maxBytes: number): Promise<Buffer> {
    return this.partBytes({ bucket: "files", object: file.object }, maxBytes);
  }

  /** Reads the bytes of a file or form part. @throws as {@link bytes} */
  async partBytes(part: Pick<FilePart, "bucket" | "object">, maxBytes: number): Promise<Buffer> {
    const object = await this.open(part);
    if (object.size > maxBytes) throw new ParleyError("file_too_large", { error: "文件过大" });
    const parts: Uint8Array[] = [];
    for await (const piece of object.read()) parts.push(piece);
    return Buffer.concat(parts);
  }

  /** Opens the object with these bytes for streaming. @throws ParleyError `file_missing` */
  async open({ bucket, object }: Pick<FilePart, "bucket" | "object">): Promise<StoredObject> {
    const found = await openObject(this.#jsm, await this.store(bucket), object);
    if (found === null) throw new ParleyError("file_missing");
    return found;
  }

  /** Returns the object store of this name. */
  store(bucket: FilePart["bucket"]): Promise<ObjectStore> {
    const open = this.#stores.get(bucket);
    if (open !== undefined) return open;
    const opened = openStore(this.#nc, bucket);
    this.#stores.set(bucket, opened);
    opened.catch(() => this.#stores.delete(bucket));
    return opened;
  }
}
