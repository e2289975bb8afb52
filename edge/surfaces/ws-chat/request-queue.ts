import type { Limits } from "../../../schemas/limits.ts";

/** A queue of one socket's requests to actors, with limited concurrency. */
export class RequestQueue {
  readonly #limits: Pick<Limits, "socketRequests" | "socketQueue">;
  readonly #waiting: (() => Promise<void>)[] = [];
  #running = 0;

  constructor(limits: Pick<Limits, "socketRequests" | "socketQueue">) {
    this.#limits = limits;
  }

  /** Runs `work`, which handles its own errors, now or later; false when the queue is full. */
  run(work: () => Promise<void>): boolean {
    if (this.#waiting.length >= this.#limits.socketQueue) return false;
    this.#waiting.push(work);
    this.#next();
    return true;
  }

  /** Clears the queue. */
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
