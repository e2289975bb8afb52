/** What is done about a message whose echo has not come. */
export type Overdue = () => void;

interface Waiting {
  at: number;
  overdue: Overdue;
}

const lookMs = 500;

/** Accepted messages that no owner has taken yet. A stored message is never lost, but its sender must not wait in the dark. */
export class Confirmations {
  readonly #waiting = new Map<string, Waiting>();
  readonly #afterMs: number;
  #timer: NodeJS.Timeout | undefined;

  /** `afterMs`: when a message is overdue. */
  constructor(afterMs: number) {
    this.#afterMs = afterMs;
  }

  /** Calls `overdue` once, unless the message is taken before. */
  await(user: string, session: string, clientMsgId: string, overdue: Overdue): void {
    this.#waiting.set(key(user, session, clientMsgId), { at: performance.now(), overdue });
    this.#timer ??= setInterval(() => this.#look(), Math.min(lookMs, this.#afterMs));
  }

  /** The message was taken, refused, or is nobody's concern any more. */
  done(user: string, session: string, clientMsgId: string): void {
    this.#waiting.delete(key(user, session, clientMsgId));
  }

  /** Forgets all. */
  close(): void {
    this.#waiting.clear();
    clearInterval(this.#timer);
  }

  #look(): void {
    const before = performance.now() - this.#afterMs;
    // In order of time: the first that is not overdue ends the look.
    for (const [id, { at, overdue }] of this.#waiting) {
      if (at > before) break;
      this.#waiting.delete(id);
      overdue();
    }
    if (this.#waiting.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

function key(user: string, session: string, clientMsgId: string): string {
  return `${user}.${session}.${clientMsgId}`;
}
