import type { Limits } from "../../schemas/limits.ts";

interface Bucket {
  tokens: number;
  at: number;
  /** Messages taken here that other edges have not been told of. */
  untold: number;
}

/** Below this share of a full bucket other edges are told what is taken from it. */
const tellShare = 0.75;

/**
 * How many messages each user may send now: a token bucket a user, on the monotonic clock. What a busy user sends to one
 * edge the others take from their buckets too, a moment later.
 */
export class UserRates {
  readonly #limits: Pick<Limits, "userMessagesPerS" | "userBurst" | "userRates">;
  readonly #buckets = new Map<string, Bucket>();
  readonly #busy = new Set<string>();
  readonly #onBusy: () => void;

  /** `onBusy` is called when there is something to {@link tell}. */
  constructor(
    limits: Pick<Limits, "userMessagesPerS" | "userBurst" | "userRates">,
    onBusy: () => void = () => {},
  ) {
    this.#limits = limits;
    this.#onBusy = onBusy;
  }

  /** Whether one more message is within the rate; if so it is counted. `now` in ms. */
  take(user: string, now = performance.now()): boolean {
    const bucket = this.#bucket(user, now);
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    bucket.untold += 1;
    if (bucket.tokens < this.#limits.userBurst * tellShare) {
      this.#busy.add(user);
      this.#onBusy();
    }
    return true;
  }

  /** Counts messages that another edge has taken. */
  takenElsewhere(user: string, count: number, now = performance.now()): void {
    const bucket = this.#bucket(user, now);
    // No user pays longer than for one burst too many.
    bucket.tokens = Math.max(bucket.tokens - count, -this.#limits.userBurst);
  }

  /** What other edges have to be told: messages by user. It is told once. */
  tell(): Record<string, number> {
    const taken: Record<string, number> = {};
    for (const user of this.#busy) {
      const bucket = this.#buckets.get(user);
      if (bucket === undefined) continue;
      taken[user] = bucket.untold;
      bucket.untold = 0;
    }
    this.#busy.clear();
    return taken;
  }

  #bucket(user: string, now: number): Bucket {
    const { userMessagesPerS, userBurst, userRates } = this.#limits;
    const bucket = this.#buckets.get(user) ?? { tokens: userBurst, at: now, untold: 0 };
    this.#buckets.delete(user);
    bucket.tokens = Math.min(userBurst, bucket.tokens + ((now - bucket.at) * userMessagesPerS) / 1000);
    // Told or not, what was taken before is forgiven by now.
    if (bucket.tokens === userBurst) bucket.untold = 0;
    bucket.at = now;
    // Kept in order of use, so that the one that goes is the one most likely to be full again.
    this.#buckets.set(user, bucket);
    if (this.#buckets.size > userRates) this.#buckets.delete(this.#buckets.keys().next().value ?? "");
    return bucket;
  }
}
