/** Called when a message was not confirmed in time. */
export type OnOverdue = () => void;

interface Pending {
  at: number;
  onOverdue: OnOverdue;
}

const checkMs = 500;

/** Accepted messages not yet confirmed by their session's owner, each with a deadline. */
export class Confirmations {
  readonly #pending = new Map<string, Pending>();
  readonly #afterMs: number;
  #timer: NodeJS.Timeout | undefined;

  /** `afterMs`: time until a message is overdue. */
  constructor(afterMs: number) {
    this.#afterMs = afterMs;
  }

  /** Calls `onOverdue` once, unless the message is confirmed first. */
  await(user: string, session: string, clientMsgId: string, onOverdue: OnOverdue): void {
    this.#pending.set(key(user, session, clientMsgId), { at: performance.now(), onOverdue });
    this.#timer ??= setInterval(() => this.#check(), Math.min(checkMs, this.#afterMs));
  }

  /** Removes a message: it was confirmed or refused, or its sender has disconnected. */
  done(user: string, session: string, clientMsgId: string): void {
    this.#pending.delete(key(user, session, clientMsgId));
  }

  /** Whether a message of this session is pending. A linear scan, for rare queries. */
  has(user: string, session: string): boolean {
    const prefix = key(user, session, "");
    for (const id of this.#pending.keys()) if (id.startsWith(prefix)) return true;
    return false;
  }

  /** Removes all of them. */
  close(): void {
    this.#pending.clear();
    clearInterval(this.#timer);
  }

  #check(): void {
    const before = performance.now() - this.#afterMs;
    // Oldest first: stop at the first that is not overdue.
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
