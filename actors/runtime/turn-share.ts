const shareMs = 4;

/**
 * Time slice per event-loop turn for log processing. Thousands of messages may be buffered in memory, and
 * a loop over them would block timers, heartbeats and requests.
 */
export class TurnShare {
  #until = 0;
  #next: Promise<void> | undefined;

  /** Undefined while the slice lasts; otherwise a promise of the next event-loop turn. */
  spent(): Promise<void> | undefined {
    const now = performance.now();
    if (this.#next === undefined) {
      this.#until = now + shareMs;
      this.#next = new Promise((resolve) => {
        setImmediate(() => {
          this.#next = undefined;
          resolve();
        });
      });
    }
    return now < this.#until ? undefined : this.#next;
  }
}
