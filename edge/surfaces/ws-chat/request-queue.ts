import type { Limits } from "../../../schemas/limits.ts";

/** Requests of one socket to actors: a few at a time, the others wait their turn. */
export class RequestQueue {
  readonly #limits: Pick<Limits, "socketRequests" | "socketQueue">;
  readonly #waiting: (() => Promise<void>)[] = [];
  #running = 0;

  constructor(limits: Pick<Limits, "socketRequests" | "socketQueue">) {
    this.#limits = limits;
  }

  /** Runs `work`, which handles its own errors, now or later; false when too many wait. */
  run(work: () => Promise<void>): boolean {
    if (this.#waiting.length >= this.#limits.socketQueue) return false;
    this.#waiting.push(work);
    this.#next();
    return true;
  }

  /** Forgets what waits. */
  clear(): void {
    this.#waiting.length = 0;
  }

  #next(): void {
    if (this.#running >= this.#limits.socketRequests) return;
    const work = this.#waiting.shift();
    if (work === undefined) return;
    this.#running += 1;
    void work().finally(() => {
      this.#running -= 1;
      this.#next();
    });
  }
}
