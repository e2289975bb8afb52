/** How often one key may do something. */
export interface Rate {
  perS: number;
  /** How often at once, before the rate applies. */
  burst: number;
}

interface Bucket {
  tokens: number;
  at: number;
}

/** A token bucket for each key, on the monotonic clock; the least recently used keys are forgotten. */
export class RateLimit {
  readonly #rate: Rate;
  readonly #keys: number;
  readonly #buckets = new Map<string, Bucket>();

  /** `keys`: how many keys are kept. */
  constructor(rate: Rate, keys: number) {
    this.#rate = rate;
    this.#keys = keys;
  }

  /** Whether one more is within the rate; if so it is counted. `now` in ms. */
  take(key: string, now = performance.now()): boolean {
    const bucket = this.#bucket(key, now);
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }

  /** Whether one more would be within the rate. */
  allows(key: string, now = performance.now()): boolean {
    return !this.#buckets.has(key) || this.#bucket(key, now).tokens >= 1;
  }

  #bucket(key: string, now: number): Bucket {
    const { perS, burst } = this.#rate;
    const bucket = this.#buckets.get(key) ?? { tokens: burst, at: now };
    this.#buckets.delete(key);
    bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.at) * perS) / 1000);
    bucket.at = now;
    // Kept in order of use, so that the key that is forgotten is the one most likely to have a full bucket.
    this.#buckets.set(key, bucket);
    if (this.#buckets.size > this.#keys) this.#buckets.delete(this.#buckets.keys().next().value ?? "");
    return bucket;
  }
}
