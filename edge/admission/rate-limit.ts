/** A rate and a burst. */
export interface Rate {
  perS: number;
  /** Burst: how many are allowed at once. */
  burst: number;
}

interface Bucket {
  tokens: number;
  at: number;
}

/** A token bucket per key, on the monotonic clock; the least recently used keys are evicted. */
export class RateLimit {
  readonly #rate: Rate;
  readonly #keys: number;
  readonly #buckets = new Map<string, Bucket>();

  /** `keys`: capacity in keys. */
  constructor(rate: Rate, keys: number) {
    this.#rate = rate;
    this.#keys = keys;
  }

  /** Takes one token; false when the bucket is empty. `now` in ms. */
  take(key: string, now = performance.now()): boolean {
    const bucket = this.#bucket(key, now);
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }

  /** Whether a token is available; takes none. */
  allows(key: string, now = performance.now()): boolean {
    return !this.#buckets.has(key) || this.#bucket(key, now).tokens >= 1;
  }

  #bucket(key: string, now: number): Bucket {
    const { perS, burst } = this.#rate;
    const bucket = this.#buckets.get(key) ?? { tokens: burst, at: now };
    this.#buckets.delete(key);
    bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.at) * perS) / 1000);
    bucket.at = now;
    // In order of use, so that the evicted key is the one most likely to have a full bucket.
    this.#buckets.set(key, bucket);
    if (this.#buckets.size > this.#keys) this.#buckets.delete(this.#buckets.keys().next().value ?? "");
    return bucket;
  }
}
