import { ProviderError } from "./provider-error.ts";

/**
 * Aborts one model call: with the caller's reason when the caller aborts, with a ProviderError when a step
 * times out. Uses one timer, restarted at each step.
 */
export class Watchdog {
  readonly #controller = new AbortController();
  readonly #caller: AbortSignal;
  readonly #onCaller: () => void;
  #timer: NodeJS.Timeout | undefined;
  #stepMs = 0;
  readonly #total: NodeJS.Timeout;

  /** `totalMs` bounds the whole call. */
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

  /** Starts a step with a timeout of `ms`. */
  allow(ms: number, reason: string): void {
    // The same step only restarts its timer: this runs for every token.
    if (this.#timer !== undefined && this.#stepMs === ms) {
      this.#timer.refresh();
      return;
    }
    clearTimeout(this.#timer);
    this.#stepMs = ms;
    this.#timer = setTimeout(() => this.#controller.abort(new ProviderError(reason)), ms);
  }

  /** Restarts the timeout of the current step. */
  alive(): void {
    this.#timer?.refresh();
  }

  end(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#total);
    this.#caller.removeEventListener("abort", this.#onCaller);
  }
}
