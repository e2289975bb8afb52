import { ProviderError } from "./provider-error.ts";

/**
 * Aborts one model call: with the caller's reason when the caller gives up, with a ProviderError when a step takes
 * longer than allowed. One timer, moved on at each step.
 */
export class Watchdog {
  readonly #controller = new AbortController();
  readonly #caller: AbortSignal;
  readonly #onCaller: () => void;
  #timer: NodeJS.Timeout | undefined;
  #stepMs = 0;
  readonly #total: NodeJS.Timeout;

  /** `totalMs` bounds the whole call, however lively it is. */
  constructor(caller: AbortSignal, totalMs: number) {
    this.#caller = caller;
    this.#total = setTimeout(() => this.#controller.abort(new ProviderError("上游回复超时")), totalMs);
    this.#onCaller = () => this.#controller.abort(caller.reason);
    if (caller.aborted) this.#onCaller();
    else caller.addEventListener("abort", this.#onCaller, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The next step may take `ms` from now. */
  allow(ms: number, reason: string): void {
    // The same step again only restarts its timer: this runs for every token.
    if (this.#timer !== undefined && this.#stepMs === ms) {
      this.#timer.refresh();
      return;
    }
    clearTimeout(this.#timer);
    this.#stepMs = ms;
    this.#timer = setTimeout(() => this.#controller.abort(new ProviderError(reason)), ms);
  }

  /** A sign of life: the step may take its time from now on. */
  alive(): void {
    this.#timer?.refresh();
  }

  end(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#total);
    this.#caller.removeEventListener("abort", this.#onCaller);
  }
}
