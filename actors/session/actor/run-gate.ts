/**
 * Lets turns run beside each other, or one alone: a message that has been there at several deaths of a process is run
 * by itself, so that only the one that kills takes the blame. Who waits is not running, and those who want to be alone
 * go before newcomers, or they would wait for ever.
 */
export class RunGate {
  #shared = 0;
  #alone = false;
  readonly #waiting: Array<{ alone: boolean; go(): void }> = [];

  /** Waits for a place and returns what gives it back. */
  async enter(alone: boolean): Promise<() => void> {
    if (!this.#free(alone) || this.#waiting.length > 0) {
      await new Promise<void>((go) => this.#waiting.push({ alone, go }));
    } else {
      this.#take(alone);
    }
    let left = false;
    return () => {
      if (left) return;
      left = true;
      if (alone) this.#alone = false;
      else this.#shared -= 1;
      this.#admit();
    };
  }

  #free(alone: boolean): boolean {
    return !this.#alone && (!alone || this.#shared === 0);
  }

  #take(alone: boolean): void {
    if (alone) this.#alone = true;
    else this.#shared += 1;
  }

  #admit(): void {
    for (let next = this.#waiting[0]; next !== undefined && this.#free(next.alone); next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#take(next.alone);
      next.go();
    }
  }
}
