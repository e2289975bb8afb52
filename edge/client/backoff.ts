/** Exponential backoff from `firstMs` to `lastMs` with random jitter. */
export class Backoff {
  readonly #firstMs: number;
  readonly #lastMs: number;
  #attempt = 0;

  constructor(firstMs: number, lastMs: number) {
    this.#firstMs = firstMs;
    this.#lastMs = lastMs;
  }

  /** Attempts since the last {@link reset}. */
  get attempt(): number {
    return this.#attempt;
  }

  /** The next delay, at least `atLeastMs`. */
  next(atLeastMs = 0): number {
    const full = Math.min(this.#lastMs, this.#firstMs * 2 ** this.#attempt);
    this.#attempt += 1;
    return atLeastMs + full / 2 + (Math.random() * full) / 2;
  }

  reset(): void {
    this.#attempt = 0;
  }
}
