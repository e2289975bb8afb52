const shareMs = 4;

/**
 * Bounds what a process does of its log in one turn of the event loop. Thousands of messages may be in memory already, and
 * a loop over them never waits: timers, heartbeats and requests would stand still until the last one is done.
 */
export class TurnShare {
  #until = 0;
  #next: Promise<void> | undefined;

  /** Undefined while there is time left in this turn; otherwise a promise of the next one. */
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
