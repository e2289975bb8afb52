/**
 * When joined text leaves: at most once every `everyMs`, the first at once. What comes within one event-loop turn
 * belongs together, also the first time.
 */
export class Coalescer {
  readonly #everyMs: number;
  readonly #send: () => void;
  #timer: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;
  #sentAt = Number.NEGATIVE_INFINITY;

  /** `send` takes everything that was joined until then. */
  constructor(everyMs: number, send: () => void) {
    this.#everyMs = everyMs;
    this.#send = send;
  }

  /** There is something to send. */
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

  /** Does not send what was scheduled. */
  cancel(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
    this.#timer = undefined;
    this.#immediate = undefined;
  }
}
