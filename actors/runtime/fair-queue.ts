import { ParleyError } from "../../schemas/errors.ts";

interface Waiting {
  start(): void;
}

/** Bounds of a {@link FairQueue}; `waiting` and `waitingPerUser` exclude running calls. */
export interface FairQueueBounds {
  /** Maximum running calls. */
  places: number;
  /** Maximum waiting calls of all users. */
  waiting?: number;
  /** Maximum waiting calls per user. */
  waitingPerUser?: number;
}

/**
 * Bounded concurrency, fair between users: a free slot goes to the user with the fewest running
 * calls, among equals to the least recently served one. An aborted caller leaves the queue immediately.
 */
export class FairQueue {
  readonly #bounds: Required<FairQueueBounds>;
  /** Waiting calls by user, in serving order. */
  readonly #waiting = new Map<string, Set<Waiting>>();
  readonly #running = new Map<string, number>();
  #free: number;
  #size = 0;

  constructor({ places, waiting = Number.POSITIVE_INFINITY, waitingPerUser = waiting }: FairQueueBounds) {
    this.#bounds = { places, waiting, waitingPerUser };
    this.#free = places;
  }

  /** Number of waiting calls. */
  get size(): number {
    return this.#size;
  }

  /**
   * Runs `work` when it is the user's turn.
   * @throws ParleyError `service_unavailable` when too many wait; the signal's reason when it aborts before
   * `work` starts
   */
  async use<T>(user: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted();
    if (this.#free > 0) this.#take(user);
    else await this.#turn(user, signal);
    try {
      return await work();
    } finally {
      this.#release(user);
    }
  }

  #take(user: string): void {
    this.#free -= 1;
    this.#running.set(user, (this.#running.get(user) ?? 0) + 1);
  }

  #release(user: string): void {
    const left = (this.#running.get(user) ?? 1) - 1;
    if (left > 0) this.#running.set(user, left);
    else this.#running.delete(user);
    this.#free += 1;
    this.#startNext();
  }

  #turn(user: string, signal: AbortSignal | undefined): Promise<void> {
    const own = this.#waiting.get(user) ?? new Set<Waiting>();
    if (this.#size >= this.#bounds.waiting || own.size >= this.#bounds.waitingPerUser)
      throw new ParleyError("service_unavailable");
    this.#waiting.set(user, own);
    this.#size += 1;
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#drop(user, own, entry);
        reject(signal?.reason);
      };
      const entry = {
        start: () => {
          signal?.removeEventListener("abort", leave);
          resolve();
        },
      };
      own.add(entry);
      signal?.addEventListener("abort", leave, { once: true });
    });
  }

  #drop(user: string, own: Set<Waiting>, entry: Waiting): void {
    own.delete(entry);
    this.#size -= 1;
    if (own.size === 0) this.#waiting.delete(user);
  }

  #startNext(): void {
    const user = this.#nextUser();
    const own = this.#waiting.get(user ?? "");
    const [entry] = own ?? [];
    if (user === undefined || own === undefined || entry === undefined) return;
    this.#drop(user, own, entry);
    // Move the user to the end of the order.
    if (own.size > 0) {
      this.#waiting.delete(user);
      this.#waiting.set(user, own);
    }
    this.#take(user);
    entry.start();
  }

  #nextUser(): string | undefined {
    let found: string | undefined;
    let fewest = Number.POSITIVE_INFINITY;
    for (const user of this.#waiting.keys()) {
      const running = this.#running.get(user) ?? 0;
      if (running >= fewest) continue;
      found = user;
      fewest = running;
    }
    return found;
  }
}
