/** Runs when a message was not confirmed in time. */
export type OnOverdue = () => void;

interface Pending {
  at: number;
  onOverdue: OnOverdue;
}

const checkMs = 500;

/** Accepted messages that their session's owner has not confirmed yet, each with a deadline. */
export class Confirmations {
  readonly #pending = new Map<string, Pending>();
  readonly #afterMs: number;
  #timer: NodeJS.Timeout | undefined;

  /** `afterMs`: when a message is overdue. */
  constructor(afterMs: number) {
    this.#afterMs = afterMs;
  }

  /** Calls `onOverdue` once, unless the message is confirmed before. */
  await(user: string, session: string, clientMsgId: string, onOverdue: OnOverdue): void {
    this.#pending.set(key(user, session, clientMsgId), { at: performance.now(), onOverdue });
    this.#timer ??= setInterval(() => this.#check(), Math.min(checkMs, this.#afterMs));
  }

  /** The message was confirmed or refused, or nobody waits for it any more. */
  done(user: string, session: string, clientMsgId: string): void {
    this.#pending.delete(key(user, session, clientMsgId));
  }

  /** Whether a message of this session waits. Looks at all of them: for rare questions. */
  has(user: string, session: string): boolean {
    const prefix = key(user, session, "");
    for (const id of this.#pending.keys()) if (id.startsWith(prefix)) return true;
    return false;
  }

  /** Forgets all of them. */
  close(): void {
    this.#pending.clear();
    clearInterval(this.#timer);
  }

  #check(): void {
    const before = performance.now() - this.#afterMs;
    // Oldest first: the first one that is not overdue ends the check.
    for (const [id, { at, onOverdue }] of this.#pending) {
      if (at > before) break;
      this.#pending.delete(id);
      onOverdue();
    }
    if (this.#pending.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

function key(user: string, session: string, clientMsgId: string): string {
  return `${user}.${session}.${clientMsgId}`;
}
