import type { ObjectStore } from "@nats-io/obj";
import type { Logger } from "../../infra/log.ts";
import type { FileBody } from "../../schemas/documents/file.ts";
import type { FilePart } from "../../schemas/wire/file-part.ts";
import type { FileStore } from "./file-store.ts";

/** File contents, stored once per hash. */
export class Bodies {
  readonly #store: FileStore;
  readonly #objects: () => Promise<ObjectStore>;
  readonly #log: Logger;

  constructor(store: FileStore, objects: () => Promise<ObjectStore>, log: Logger) {
    this.#store = store;
    this.#objects = objects;
    this.#log = log;
  }

  /** Returns the object for uploaded bytes: the new one, or an existing one of the same content. */
  async adopt({ sha256, object, size }: Pick<FilePart, "sha256" | "object" | "size">): Promise<string> {
    const body = await this.#store.useBody(sha256, { object, size });
    if (body.object === object) return object;
    const there = await (await this.#objects()).info(body.object);
    if (there !== null && !there.deleted) return body.object;
    await this.#store.replaceObject(sha256, body.object, object);
    return object;
  }

  /** Deletes an unreferenced object; after a failure the sweep deletes it. */
  async discard(object: string): Promise<void> {
    try {
      await (await this.#objects()).delete(object);
    } catch (err) {
      this.#log.warn({ err, object }, "object not deleted");
    }
  }

  /** Deletes an unreferenced body and its thumbnail; true when it was deleted. */
  async release(body: FileBody): Promise<boolean> {
    if (!(await this.#store.forgetBody(body))) return false;
    const objects = await this.#objects();
    await objects.delete(body.object);
    await objects.delete(thumbnailObject(body._id));
    return true;
  }
}

/** Name of the thumbnail object of a body's hash. */
export function thumbnailObject(hash: string): string {
  return `thumb_${hash}`;
}
