import type { HttpResponse } from "uWebSockets.js";
import type { Budget } from "../admission/budget.ts";
import type { Exchange } from "./exchange.ts";

/** Receives a chunk of the body, as a copy. */
export type OnPart = (part: Buffer, last: boolean) => void;

/**
 * A request body before the caller is authenticated. Chunks are buffered within a budget and the connection
 * is paused, so that at most one socket read (512 KiB) is held. Must be created before the first await of a
 * request.
 */
export class IncomingBody {
  readonly #res: HttpResponse;
  readonly #budget: Budget;
  readonly #holder: string;
  #kept: { part: Buffer; last: boolean }[] = [];
  #bytes = 0;
  #lost = false;
  #ended = false;
  #paused = false;
  #onPart: OnPart | undefined;

  constructor(res: HttpResponse, exchange: Pick<Exchange, "onOver">, budget: Budget, holder: string) {
    this.#res = res;
    this.#budget = budget;
    this.#holder = holder;
    exchange.onOver(() => this.#release());
    res.onData((part, last) => {
      if (last) this.#ended = true;
      // A copy: uWebSockets.js reuses its buffer after this call.
      if (this.#onPart !== undefined) this.#onPart(Buffer.copyBytesFrom(new Uint8Array(part)), last);
      else this.#keep(part, last);
    });
  }

  /** Whether the last chunk has arrived. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Whether a chunk was dropped because the buffer was full: the body is unreadable then. */
  get lost(): boolean {
    return this.#lost;
  }

  /** Passes everything to `onPart`: buffered chunks at once, the rest as they arrive. */
  read(onPart: OnPart): void {
    const kept = this.#kept;
    this.#release();
    this.#onPart = onPart;
    // Before the buffered chunks: their consumer may pause the connection again.
    if (this.#paused) this.#res.resume();
    for (const { part, last } of kept) onPart(part, last);
  }

  #keep(part: ArrayBuffer, last: boolean): void {
    if (this.#lost || !this.#budget.take(this.#holder, part.byteLength)) this.#lost = true;
    else {
      this.#bytes += part.byteLength;
      this.#kept.push({ part: Buffer.copyBytesFrom(new Uint8Array(part)), last });
    }
    if (last || this.#paused) return;
    this.#paused = true;
    // A paused connection counts as writable; without a handler its timeout would start.
    this.#res.onWritable(() => true);
    this.#res.pause();
  }

  #release(): void {
    this.#kept = [];
    this.#budget.give(this.#holder, this.#bytes);
    this.#bytes = 0;
  }
}
