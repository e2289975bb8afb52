import type { ObjectStore } from "@nats-io/obj";
import type { Logger } from "../../infra/log.ts";
import type { FileBody } from "../../schemas/documents/file.ts";
import type { FilePart } from "../../schemas/wire/file-part.ts";
import type { FileStore } from "./file-store.ts";

/** The bytes of files: what is the same is kept once. */
export class Bodies {
  readonly #store: FileStore;
  readonly #objects: () => Promise<ObjectStore>;
  readonly #log: Logger;

  constructor(store: FileStore, objects: () => Promise<ObjectStore>, log: Logger) {
    this.#store = store;
    this.#objects = objects;
    this.#log = log;
  }

  /** The object in which bytes that were just uploaded are kept: theirs, or an earlier one of the same content. */
  async adopt({ sha256, object, size }: Pick<FilePart, "sha256" | "object" | "size">): Promise<string> {
    const body = await this.#store.useBody(sha256, { object, size });
    if (body.object === object) return object;
    const there = await (await this.#objects()).info(body.object);
    if (there !== null && !there.deleted) return body.object;
    await this.#store.replaceObject(sha256, body.object, object);
    return object;
  }

  /** Deletes an object that nobody names. What can't be deleted now goes with the sweep. */
  async discard(object: string): Promise<void> {
    try {
      await (await this.#objects()).delete(object);
    } catch (err) {
      this.#log.warn({ err, object }, "object not deleted yet");
    }
  }

  /** Deletes a body that no file names, with its thumbnail; true when it is gone. */
  async release(body: FileBody): Promise<boolean> {
    if (!(await this.#store.forgetBody(body))) return false;
    const objects = await this.#objects();
    await objects.delete(body.object);
    await objects.delete(thumbnailObject(body._id));
    return true;
  }
}

/** Name of the object with the thumbnail of the body of this hash. */
export function thumbnailObject(hash: string): string {
  return `thumb_${hash}`;
}
