const keptUsers = 10_000;

interface Bucket {
  left: number;
  at: number;
}

/** Token buckets per user. */
export class Budgets {
  readonly #most: number;
  readonly #perMs: number;
  readonly #buckets = new Map<string, Bucket>();

  /** `most`: burst size, refilled over `periodMs`. */
  constructor(most: number, periodMs: number) {
    this.#most = most;
    this.#perMs = most / periodMs;
  }

  /**
   * Takes from a user's budget and returns 0, or takes nothing and returns the ms until enough is available.
   */
  take(user: string, amount: number): number {
    const bucket = this.#bucketOf(user);
    const wanted = Math.min(amount, this.#most);
    if (bucket.left >= wanted) {
      bucket.left -= wanted;
      return 0;
    }
    return Math.max(1, Math.ceil((wanted - bucket.left) / this.#perMs));
  }

  #bucketOf(user: string): Bucket {
    const now = performance.now();
    let bucket = this.#buckets.get(user);
    if (bucket === undefined) {
      if (this.#buckets.size >= keptUsers) this.#forgetFull(now);
      bucket = { left: this.#most, at: now };
      this.#buckets.set(user, bucket);
    }
    bucket.left = Math.min(this.#most, bucket.left + (now - bucket.at) * this.#perMs);
    bucket.at = now;
    return bucket;
  }

  /** Drops full buckets, which are equivalent to missing ones. The map grows if all are in use. */
  #forgetFull(now: number): void {
    for (const [user, { left, at }] of this.#buckets)
      if (left + (now - at) * this.#perMs >= this.#most) this.#buckets.delete(user);
  }
}
