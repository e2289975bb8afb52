/**
 * Lets turns run concurrently, or one exclusively. A message that was in flight at several crashes runs
 * exclusively, so that a crash can be attributed to it. Exclusive waiters block later shared ones, so they do
 * not starve.
 */
export class RunGate {
  #shared = 0;
  #exclusive = false;
  readonly #waiters: Array<{ exclusive: boolean; enter(): void }> = [];

  /** Waits for admission and returns the release function. */
  async enter(exclusive: boolean): Promise<() => void> {
    if (!this.#isFree(exclusive) || this.#waiters.length > 0) {
      await new Promise<void>((enter) => this.#waiters.push({ exclusive, enter }));
    } else {
      this.#occupy(exclusive);
    }
    let left = false;
    return () => {
      if (left) return;
      left = true;
      if (exclusive) this.#exclusive = false;
      else this.#shared -= 1;
      this.#admitWaiters();
    };
  }

  #isFree(exclusive: boolean): boolean {
    return !this.#exclusive && (!exclusive || this.#shared === 0);
  }

  #occupy(exclusive: boolean): void {
    if (exclusive) this.#exclusive = true;
    else this.#shared += 1;
  }

  #admitWaiters(): void {
    for (
      let next = this.#waiters[0];
      next !== undefined && this.#isFree(next.exclusive);
      next = this.#waiters[0]
    ) {
      this.#waiters.shift();
      this.#occupy(next.exclusive);
      next.enter();
    }
  }
}
