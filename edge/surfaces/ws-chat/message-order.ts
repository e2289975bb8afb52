/** Keeps the messages of each session of a socket in order while one of them is being prepared. */
export class MessageOrder {
  readonly #last = new Map<string, Promise<void>>();
  readonly #most: number;
  #waiting = 0;

  /** `most`: queue limit. */
  constructor(most: number) {
    this.#most = most;
  }

  /** Whether the queue has room for a message. */
  get full(): boolean {
    return this.#waiting >= this.#most;
  }

  /**
   * Runs a submit at once, or when it is prepared and all earlier ones of its session are done. Neither may
   * fail.
   */
  run(session: string, act: (() => void) | Promise<() => void>): void {
    const before = this.#last.get(session);
    if (before === undefined && typeof act === "function") {
      act();
      return;
    }
    this.#waiting += 1;
    const turn = Promise.all([act, before]).then(([go]) => {
      this.#waiting -= 1;
      if (this.#last.get(session) === turn) this.#last.delete(session);
      go();
    });
    this.#last.set(session, turn);
  }
}
