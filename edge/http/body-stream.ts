import type { HttpResponse } from "uWebSockets.js";
import { ParleyError } from "../../schemas/errors.ts";
import type { Limits } from "../../schemas/limits.ts";
import type { Exchange } from "./exchange.ts";
import type { IncomingBody } from "./incoming-body.ts";

/** uWebSockets.js drops a client that is silent for 10 s; a phone may be for longer. ms */
const pokeMs = 5_000;
/** What was read at once is kept in parts of this size, bytes, so that a rest in use does not keep all of it. */
const partBytes = 64 * 1024;

/**
 * A request's body as it comes, read no faster than it is taken: the connection is paused while a piece waits, so that at
 * most one read of the connection (512 KiB) is in memory.
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
    // A paused connection is told that it is writable, and without a handler its clock would run from then on.
    res.onWritable(() => true);
    // Resuming also starts uWebSockets.js' clock for a silent client, so not while it is we who take our time.
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

  /** Whether all of it has come. */
  get ended(): boolean {
    return this.#ended;
  }

  /** The next piece; undefined at the end. @throws ParleyError `invalid_request` when it was cut off or too slow */
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

  /** The whole of a small body. @throws ParleyError `payload_too_large` */
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

  /** Reads what is left and forgets it, at most `maxBytes`; whether that was all. */
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
      // Resuming sets the clock back.
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
