import type { Limits } from "../../schemas/limits.ts";

interface Bucket {
  tokens: number;
  at: number;
  /** Messages counted here and not yet reported to other edges. */
  unreported: number;
}

/** Below this share of a full bucket, messages are reported to other edges. */
const reportShare = 0.75;

/**
 * Message rate limit per user: one token bucket each, on the monotonic clock. Messages of a busy user on one
 * edge are subtracted from their buckets on the others shortly after.
 */
export class UserRates {
  readonly #limits: Pick<Limits, "userMessagesPerS" | "userBurst" | "userRates">;
  readonly #buckets = new Map<string, Bucket>();
  readonly #busy = new Set<string>();
  readonly #onBusy: () => void;

  /** `onBusy` is called when there is something to {@link report}. */
  constructor(
    limits: Pick<Limits, "userMessagesPerS" | "userBurst" | "userRates">,
    onBusy: () => void = () => {},
  ) {
    this.#limits = limits;
    this.#onBusy = onBusy;
  }

  /** Takes one token; false when the bucket is empty. `now` in ms. */
  take(user: string, now = performance.now()): boolean {
    const bucket = this.#bucket(user, now);
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    bucket.unreported += 1;
    if (bucket.tokens < this.#limits.userBurst * reportShare) {
      this.#busy.add(user);
      this.#onBusy();
    }
    return true;
  }

  /** Counts messages that another edge has accepted. */
  takenElsewhere(user: string, count: number, now = performance.now()): void {
    const bucket = this.#bucket(user, now);
    // Cap the debt at one burst.
    bucket.tokens = Math.max(bucket.tokens - count, -this.#limits.userBurst);
  }

  /** Returns what to send to other edges: messages by user since the last report. */
  report(): Record<string, number> {
    const taken: Record<string, number> = {};
    for (const user of this.#busy) {
      const bucket = this.#buckets.get(user);
      if (bucket === undefined) continue;
      taken[user] = bucket.unreported;
      bucket.unreported = 0;
    }
    this.#busy.clear();
    return taken;
  }

  #bucket(user: string, now: number): Bucket {
    const { userMessagesPerS, userBurst, userRates } = this.#limits;
    const bucket = this.#buckets.get(user) ?? { tokens: userBurst, at: now, unreported: 0 };
    this.#buckets.delete(user);
    bucket.tokens = Math.min(userBurst, bucket.tokens + ((now - bucket.at) * userMessagesPerS) / 1000);
    // A full bucket has no debt to report.
    if (bucket.tokens === userBurst) bucket.unreported = 0;
    bucket.at = now;
    // In order of use, so that the evicted user is the one most likely to have a full bucket.
    this.#buckets.set(user, bucket);
    if (this.#buckets.size > userRates) this.#buckets.delete(this.#buckets.keys().next().value ?? "");
    return bucket;
  }
}
