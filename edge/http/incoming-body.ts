import type { HttpResponse } from "uWebSockets.js";
import type { Budget } from "../admission/budget.ts";
import type { Exchange } from "./exchange.ts";

/** Takes a part of a body, which is a copy. */
export type OnPart = (part: Buffer, last: boolean) => void;

/**
 * A request's body before its caller is known: what arrives meanwhile is kept within a budget, and the connection is
 * paused, so that at most one read of it (512 KiB) is here. Must be made before the first await of a request.
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
      // A copy: uWebSockets.js empties its buffer when this call returns.
      if (this.#onPart !== undefined) this.#onPart(Buffer.copyBytesFrom(new Uint8Array(part)), last);
      else this.#keep(part, last);
    });
  }

  /** Whether the last part has arrived. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Whether a part was dropped because too much was kept: the body can't be read then. */
  get lost(): boolean {
    return this.#lost;
  }

  /** Hands everything to `onPart`: what was kept at once, the rest as it arrives. */
  read(onPart: OnPart): void {
    const kept = this.#kept;
    this.#release();
    this.#onPart = onPart;
    // Before the kept parts: their taker may pause the connection again.
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
    // A paused connection counts as writable, and without a handler its timeout would run.
    this.#res.onWritable(() => true);
    this.#res.pause();
  }

  #release(): void {
    this.#kept = [];
    this.#budget.give(this.#holder, this.#bytes);
    this.#bytes = 0;
  }
}
