import type { HttpResponse } from "uWebSockets.js";
import { ParleyError } from "../../schemas/errors.ts";
import type { Limits } from "../../schemas/limits.ts";
import type { Exchange } from "./exchange.ts";
import type { IncomingBody } from "./incoming-body.ts";

/** uWebSockets.js closes a client that sends nothing for 10 s; a phone may pause longer. ms */
const pokeMs = 5_000;
/** Chunk size in bytes: a read is split, so that an unread rest does not retain the whole buffer. */
const partBytes = 64 * 1024;

/**
 * A request body as a stream with backpressure: the connection is paused while a chunk is unread, so that at
 * most one socket read (512 KiB) is buffered.
 */
export class BodyStream implements AsyncIterable<Buffer> {
  readonly #res: HttpResponse;
  readonly #waiting: Buffer[] = [];
  readonly #timer: NodeJS.Timeout;
  readonly #silenceMs: number;
  #paused = false;
  #ended = false;
  #failure: ParleyError | undefined;
  #wake: (() => void) | undefined;

  constructor(
    res: HttpResponse,
    incoming: IncomingBody,
    exchange: Pick<Exchange, "onAbort" | "beforeAnswer">,
    limits: Pick<Limits, "uploadMs" | "uploadSilenceMs">,
  ) {
    this.#res = res;
    this.#silenceMs = limits.uploadSilenceMs;
    this.#timer = setTimeout(() => this.#fail(tooSlow()), limits.uploadMs);
    // Pausing makes uWebSockets.js report the socket as writable; without a handler its timeout would start
    // then.
    res.onWritable(() => true);
    // Resuming restarts uWebSockets.js' idle timeout, so don't resume while our own consumer is the slow
    // side.
    exchange.beforeAnswer(() => this.#resume());
    exchange.onAbort(() => this.#fail(new ParleyError("invalid_request", { error: "请求体不完整" })));
    incoming.read((part, last) => {
      if (this.#failure !== undefined) return;
      for (let from = 0; from < part.length; from += partBytes)
        this.#waiting.push(Buffer.copyBytesFrom(part, from, partBytes));
      if (last) {
        this.#ended = true;
        clearTimeout(this.#timer);
      } else if (!this.#paused) {
        this.#paused = true;
        res.pause();
      }
      this.#wake?.();
    });
  }

  /** Whether the whole body has arrived. */
  get ended(): boolean {
    return this.#ended;
  }

  /**
   * Returns the next chunk; undefined at the end.
   * @throws ParleyError `invalid_request` when the body was
   * aborted or too slow
   */
  async next(): Promise<Buffer | undefined> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure;
      const part = this.#waiting.shift();
      if (part !== undefined || this.#ended) return part;
      await this.#more();
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer, void> {
    for (let part = await this.next(); part !== undefined; part = await this.next()) yield part;
  }

  /** Reads a small body whole. @throws ParleyError `payload_too_large` */
  async all(maxBytes: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    let size = 0;
    for await (const part of this) {
      size += part.length;
      if (size > maxBytes) throw new ParleyError("payload_too_large");
      parts.push(part);
    }
    return Buffer.concat(parts);
  }

  /** Discards the rest of the body, up to `maxBytes`. Returns whether the end was reached. */
  async drain(maxBytes: number): Promise<boolean> {
    let left = maxBytes;
    try {
      for await (const part of this) {
        left -= part.length;
        if (left < 0) return false;
      }
      return true;
    } catch {
      return false;
    } finally {
      clearTimeout(this.#timer);
    }
  }

  async #more(): Promise<void> {
    const since = Date.now();
    const poke = setInterval(() => {
      if (Date.now() - since >= this.#silenceMs) return this.#fail(tooSlow());
      // Resuming resets the idle timeout.
      this.#res.pause();
      this.#res.resume();
    }, pokeMs);
    try {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        this.#resume();
      });
    } finally {
      clearInterval(poke);
    }
  }

  #resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#res.resume();
  }

  #fail(error: ParleyError): void {
    if (this.#ended) return;
    clearTimeout(this.#timer);
    this.#failure ??= error;
    this.#waiting.length = 0;
    this.#wake?.();
  }
}

function tooSlow(): ParleyError {
  return new ParleyError("invalid_request", { error: "请求体接收超时" });
}
