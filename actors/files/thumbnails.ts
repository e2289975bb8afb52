import type { ObjectStore } from "@nats-io/obj";
import type { Logger } from "../../infra/log.ts";
import type { FileDocument } from "../../schemas/documents/file.ts";
import { ParleyError } from "../../schemas/errors.ts";
import type { Limits } from "../../schemas/limits.ts";
import type { PictureReader } from "../images/picture-reader.ts";
import { thumbnailObject } from "./bodies.ts";
import type { UserFiles } from "./user-files.ts";

/** Thumbnails, created once and stored beside the body. */
export class Thumbnails {
  readonly #files: Pick<UserFiles, "bytes">;
  readonly #pictures: Pick<PictureReader, "thumbnail">;
  readonly #objects: () => Promise<ObjectStore>;
  readonly #limits: Limits;
  readonly #log: Logger;
  /** Thumbnails being created, by object. */
  readonly #making = new Map<string, Promise<boolean>>();

  constructor(
    files: Pick<UserFiles, "bytes">,
    pictures: Pick<PictureReader, "thumbnail">,
    objects: () => Promise<ObjectStore>,
    limits: Limits,
    log: Logger,
  ) {
    this.#files = files;
    this.#pictures = pictures;
    this.#objects = objects;
    this.#limits = limits;
    this.#log = log;
  }

  /**
   * Returns the object of a picture's thumbnail; undefined for an unreadable picture, and for SVG, whose
   * rendering can take unbounded time and memory.
   * @throws ParleyError `file_missing`, `service_unavailable` when the queue is full
   */
  async of(file: FileDocument): Promise<string | undefined> {
    if (file.mime_type === "image/svg+xml") return undefined;
    const object = thumbnailObject(file.hash);
    const there = await (await this.#objects()).info(object);
    if (there !== null && !there.deleted) return object;
    const making = this.#making.get(object) ?? this.#begin(file, object);
    return (await making) ? object : undefined;
  }

  #begin(file: FileDocument, object: string): Promise<boolean> {
    const making = this.#make(file, object).finally(() => this.#making.delete(object));
    this.#making.set(object, making);
    return making;
  }

  async #make(file: FileDocument, name: string): Promise<boolean> {
    const read = () => this.#files.bytes(file, this.#limits.uploadBytes);
    let picture: Uint8Array;
    try {
      picture = await this.#pictures.thumbnail({ user: file.user_id, read });
    } catch (err) {
      if (!(err instanceof ParleyError) || err.status !== 400) throw err;
      this.#log.info({ err, file: file._id }, "thumbnail not created, picture not readable");
      return false;
    }
    await (await this.#objects()).putBlob({ name }, picture);
    return true;
  }
}
