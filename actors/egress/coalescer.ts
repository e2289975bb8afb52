/**
 * Coalesces text: sends at most once per `everyMs`, the first time at the end of the current event-loop turn.
 * Text of one event-loop turn is always sent together.
 */
export class Coalescer {
  readonly #everyMs: number;
  readonly #send: () => void;
  #timer: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;
  #sentAt = Number.NEGATIVE_INFINITY;

  /** `send` sends everything that was buffered until then. */
  constructor(everyMs: number, send: () => void) {
    this.#everyMs = everyMs;
    this.#send = send;
  }

  /** Schedules a send. */
  schedule(): void {
    if (this.#timer !== undefined || this.#immediate !== undefined) return;
    const wait = this.#sentAt + this.#everyMs - performance.now();
    if (wait <= 0) this.#immediate = setImmediate(() => this.flush());
    else this.#timer = setTimeout(() => this.flush(), wait);
  }

  /** Sends now. */
  flush(): void {
    this.cancel();
    this.#sentAt = performance.now();
    this.#send();
  }

  /** Cancels the scheduled send. */
  cancel(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
    this.#timer = undefined;
    this.#immediate = undefined;
  }
}
