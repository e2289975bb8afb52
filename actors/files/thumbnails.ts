import type { ObjectStore } from "@nats-io/obj";
import sharp from "sharp";
import type { Logger } from "../../infra/log.ts";
import type { FileDocument } from "../../schemas/documents/file.ts";
import { ParleyError } from "../../schemas/errors.ts";
import type { Limits } from "../../schemas/limits.ts";
import { thumbnailObject } from "./bodies.ts";
import type { UserFiles } from "./user-files.ts";

const side = 300;
const quality = 80;
const makingS = 8;

/** Small pictures, each made once and kept beside its body. */
export class Thumbnails {
  readonly #files: Pick<UserFiles, "bytes">;
  readonly #objects: () => Promise<ObjectStore>;
  readonly #limits: Limits;
  readonly #log: Logger;
  /** By object: those that are being made. */
  readonly #making = new Map<string, Promise<boolean>>();
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(
    files: Pick<UserFiles, "bytes">,
    objects: () => Promise<ObjectStore>,
    limits: Limits,
    log: Logger,
  ) {
    this.#files = files;
    this.#objects = objects;
    this.#limits = limits;
    this.#log = log;
  }

  /**
   * Name of the object with a picture's thumbnail; undefined for a picture that can't be read, and for SVG: drawing it can
   * take any time and memory.
   * @throws ParleyError `file_missing`, `service_unavailable` when too many wait
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
    const making = this.#inTurn(() => this.#make(file, object)).finally(() => this.#making.delete(object));
    this.#making.set(object, making);
    return making;
  }

  async #make(file: FileDocument, name: string): Promise<boolean> {
    const bytes = await this.#files.bytes(file, this.#limits.uploadBytes);
    let picture: Buffer;
    try {
      picture = await shrink(bytes, this.#limits.thumbnailPixels);
    } catch (err) {
      this.#log.info({ err, file: file._id }, "picture can't be read");
      return false;
    }
    await (await this.#objects()).putBlob({ name }, picture);
    return true;
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const { thumbnailJobs, thumbnailQueue } = this.#limits;
    if (this.#running >= thumbnailJobs) {
      if (this.#waiting.length >= thumbnailQueue) throw new ParleyError("service_unavailable");
      // Its place is handed over, so that nobody who comes meanwhile takes it.
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else this.#running += 1;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }
}

/** A JPEG of at most 300 × 300 of the first frame, upright, on white. @throws Error for what is no picture or too large */
function shrink(bytes: Buffer, maxPixels: number): Promise<Buffer> {
  return sharp(bytes, { limitInputPixels: maxPixels, pages: 1, failOn: "error", sequentialRead: true })
    .rotate()
    .resize({ width: side, height: side, fit: "inside", withoutEnlargement: true })
    .flatten({ background: "#ffffff" })
    .jpeg({ quality })
    .timeout({ seconds: makingS })
    .toBuffer();
}
