import { randomUUID } from "node:crypto";
import type { ObjectStore } from "@nats-io/obj";
import type { Logger } from "../../infra/log.ts";
import { openStore } from "../../infra/nats/bulk-store.ts";
import { ParleyError } from "../../schemas/errors.ts";
import type { Limits } from "../../schemas/limits.ts";
import { type Bucket, type FilePart, headBytes, type Multipart } from "../../schemas/wire/file-part.ts";
import type { Caller } from "../admission/admission.ts";
import type { Budget } from "../admission/budget.ts";
import type { BodyStream } from "../http/body-stream.ts";
import { type IncomingFile, readMultipart } from "../http/multipart.ts";
import type { RequestHead } from "../http/request-head.ts";
import type { NatsLink } from "../nats-link.ts";

const MiB = 1024 * 1024;
/** Message size of an object, bytes: each is fsynced before the next, so few large ones are fast. */
const pieceBytes = 256 * 1024;

/** A form whose files are stored objects. */
export interface UploadedForm {
  fields: Record<string, string>;
  files: Record<string, FilePart>;
  /** Deletes the objects; for files that no document refers to. */
  discard(): Promise<void>;
}

/** Streams uploaded files into object stores; an aborted upload leaves no object. */
export class Uploads {
  readonly #link: NatsLink;
  readonly #limits: Limits;
  readonly #log: Logger;
  readonly #budget: Budget;
  readonly #stores = new Map<Bucket, Promise<ObjectStore>>();

  constructor(link: NatsLink, limits: Limits, log: Logger, budget: Budget) {
    this.#budget = budget;
    this.#link = link;
    this.#limits = limits;
    this.#log = log;
  }

  /**
   * Reads the form of a request.
   * @throws ParleyError `invalid_request`, `file_too_large`, `payload_too_large`, `storage_unavailable`, or
   * `rate_limited` when its caller sends too many at a time
   */
  async read(
    head: RequestHead,
    { holder }: Caller,
    body: BodyStream,
    form: Multipart,
  ): Promise<UploadedForm> {
    const { uploadFields, uploadFieldBytes } = this.#limits;
    const maxFileBytes = this.#limits[form.maxBytes];
    const type = head.headers.get("content-type") ?? "";
    if (!/^multipart\/form-data\b/i.test(type))
      throw new ParleyError("invalid_request", { error: "请求体必须是 multipart/form-data" });
    // No other field of a form may be this large.
    if ((head.contentLength ?? 0) > maxFileBytes + MiB) throw tooLarge(maxFileBytes);
    if (!this.#link.up) throw new ParleyError("storage_unavailable");
    if (!this.#budget.take(holder)) throw new ParleyError("rate_limited", { error: "同时上传的文件过多" });
    const stored: FilePart[] = [];
    try {
      const bounds = {
        ...{ files: form.files, maxFileBytes },
        ...{ maxFields: uploadFields, maxFieldBytes: uploadFieldBytes },
      };
      const read = await readMultipart(type, body, bounds, async (file) => {
        const part = await this.#store(file, form.bucket, maxFileBytes);
        stored.push(part);
        return part;
      });
      return { ...read, discard: () => this.discard(stored) };
    } catch (cause) {
      await this.discard(stored);
      throw cause;
    } finally {
      this.#budget.give(holder);
    }
  }

  /**
   * Stores bytes that did not come in a form, such as a data URI.
   * @throws ParleyError `storage_unavailable`
   */
  async put(bytes: Uint8Array, bucket: Bucket, { filename, type }: Pick<FilePart, "filename" | "type">) {
    if (!this.#link.up) throw new ParleyError("storage_unavailable");
    const source = (async function* () {
      yield bytes;
    })();
    return { ...(await this.#write(source, bucket)), bucket, filename, type } satisfies FilePart;
  }

  /** Deletes unused objects; the sweep deletes later what fails now. */
  async discard(parts: FilePart[]): Promise<void> {
    await Promise.all(
      parts.splice(0).map(async ({ bucket, object }) => {
        try {
          await (await this.#storeOf(bucket)).delete(object);
        } catch (err) {
          this.#log.warn({ err, bucket, object }, "object not deleted");
        }
      }),
    );
  }

  async #store({ filename, type, bytes }: IncomingFile, bucket: Bucket, maxBytes: number): Promise<FilePart> {
    const whole = (async function* () {
      for await (const part of bytes) yield part as Buffer;
      if (bytes.truncated) throw tooLarge(maxBytes);
    })();
    return { ...(await this.#write(whole, bucket)), bucket, filename, type };
  }

  async #write(
    bytes: AsyncGenerator<Uint8Array, void>,
    bucket: Bucket,
  ): Promise<Pick<FilePart, "object" | "size" | "sha256" | "head">> {
    const head: Uint8Array[] = [];
    let headSize = 0;
    // Keep the reason of an abort by the client; any other error is the store's.
    let failure: unknown;
    const source = new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          try {
            const { done, value } = await bytes.next();
            if (done || value === undefined) return controller.close();
            if (headSize < headBytes) {
              const part = value.subarray(0, headBytes - headSize);
              head.push(Buffer.copyBytesFrom(part));
              headSize += part.length;
            }
            controller.enqueue(value);
          } catch (err) {
            failure = err;
            throw err;
          }
        },
      },
      { highWaterMark: 0 },
    );
    const object = `${bucket === "files" ? "body" : "part"}_${randomUUID()}`;
    try {
      const store = await this.#storeOf(bucket);
      const meta = { name: object, options: { max_chunk_size: pieceBytes } };
      const { size, digest } = await store.put(meta, source, { timeout: this.#limits.uploadPieceMs });
      const sha256 = Buffer.from(digest.slice(digest.indexOf("=") + 1), "base64url").toString("hex");
      return {
        object,
        size,
        sha256,
        head: Buffer.concat(head).toString("base64"),
      };
    } catch (cause) {
      if (failure !== undefined) throw failure;
      this.#stores.delete(bucket);
      await bytes.return();
      throw new ParleyError("storage_unavailable", { cause });
    }
  }

  #storeOf(bucket: Bucket): Promise<ObjectStore> {
    const known = this.#stores.get(bucket);
    if (known !== undefined) return known;
    const opened = openStore(this.#link.nc, bucket);
    this.#stores.set(bucket, opened);
    opened.catch(() => this.#stores.delete(bucket));
    return opened;
  }
}

function tooLarge(maxBytes: number): ParleyError {
  return new ParleyError("file_too_large", {
    error: `文件大小超过限制 (最大 ${Math.floor(maxBytes / MiB)}MB)`,
  });
}
