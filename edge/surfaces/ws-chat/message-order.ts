/** Keeps the messages of each session of a socket in order where one of them has to be made ready first. */
export class MessageOrder {
  readonly #last = new Map<string, Promise<void>>();
  readonly #most: number;
  #waiting = 0;

  /** `most` messages may wait. */
  constructor(most: number) {
    this.#most = most;
  }

  /** Whether another message may wait. */
  get full(): boolean {
    return this.#waiting >= this.#most;
  }

  /** Does it at once, or when it is ready and all that came before it in its session is done. Neither may fail. */
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
