import type { Limits } from "../schemas/limits.ts";

interface Bucket {
  tokens: number;
  at: number;
}

/** How many messages each user may send now: a token bucket a user, on the monotonic clock. */
export class UserRates {
  readonly #limits: Pick<Limits, "userMessagesPerS" | "userBurst" | "userRates">;
  readonly #buckets = new Map<string, Bucket>();

  constructor(limits: Pick<Limits, "userMessagesPerS" | "userBurst" | "userRates">) {
    this.#limits = limits;
  }

  /** Whether one more message is within the rate; if so it is counted. `now` in ms. */
  take(user: string, now = performance.now()): boolean {
    const { userMessagesPerS, userBurst, userRates } = this.#limits;
    const bucket = this.#buckets.get(user) ?? { tokens: userBurst, at: now };
    this.#buckets.delete(user);
    bucket.tokens = Math.min(userBurst, bucket.tokens + ((now - bucket.at) * userMessagesPerS) / 1000);
    bucket.at = now;
    // Kept in order of use, so that the one that goes is the one most likely to be full again.
    this.#buckets.set(user, bucket);
    if (this.#buckets.size > userRates) this.#buckets.delete(this.#buckets.keys().next().value ?? "");
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }
}
