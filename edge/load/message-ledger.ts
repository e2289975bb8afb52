import { emptyVerdict, type Verdict } from "./verdict.ts";

/** A message in flight. */
export interface SentMessage {
  clientMsgId: string;
  session: string;
  /** Scheduled time, `performance.now()`. */
  intendedAt: number;
  /** Whether it counts: it was due after the warm-up. */
  counted: boolean;
  accepted: boolean;
  /** Position in the user's stream at which it was accepted; unknown for a repeated message. */
  acceptedSeq: number | undefined;
  answered: boolean;
  failed: boolean;
}

interface Entry extends SentMessage {
  replies: Set<string>;
}

/** Messages of one user, and the guarantees kept for them. */
export class MessageLedger {
  readonly #entries = new Map<string, Entry>();
  /** Position of the last answered message of each session. */
  readonly #lastAnswered = new Map<string, number>();
  #outOfOrder = 0;
  #gaps = 0;
  #doubledInHistory = 0;

  add(message: Pick<SentMessage, "clientMsgId" | "session" | "intendedAt" | "counted">): SentMessage {
    const entry: Entry = {
      ...message,
      accepted: false,
      acceptedSeq: undefined,
      answered: false,
      failed: false,
      replies: new Set(),
    };
    this.#entries.set(message.clientMsgId, entry);
    return entry;
  }

  find(clientMsgId: string): SentMessage | undefined {
    return this.#entries.get(clientMsgId);
  }

  /** Messages without an answer or a refusal. */
  get open(): SentMessage[] {
    return [...this.#entries.values()].filter(({ answered, failed }) => !answered && !failed);
  }

  accepted(message: SentMessage, seq: number | undefined): void {
    message.accepted = true;
    message.acceptedSeq ??= seq;
  }

  /** A reply has ended on the sender's socket. Returns whether it is the first one. */
  ended(clientMsgId: string, messageId: string): boolean {
    const entry = this.#entries.get(clientMsgId);
    if (entry === undefined) return false;
    entry.replies.add(messageId);
    if (entry.answered) return false;
    entry.answered = true;
    const { session, acceptedSeq } = entry;
    const last = this.#lastAnswered.get(session) ?? 0;
    if (acceptedSeq !== undefined && acceptedSeq < last) this.#outOfOrder += 1;
    this.#lastAnswered.set(session, Math.max(acceptedSeq ?? 0, last));
    return true;
  }

  /** A gap was found before a frame. */
  gap(): void {
    this.#gaps += 1;
  }

  /** Compares with a session's history: `clientMsgIds` of its user messages with a reply, oldest first. */
  compare(clientMsgIds: readonly string[]): void {
    const seen = new Set<string>();
    for (const id of clientMsgIds) {
      if (seen.has(id)) this.#doubledInHistory += 1;
      seen.add(id);
      const entry = this.#entries.get(id);
      if (entry !== undefined) entry.answered = true;
    }
  }

  verdict(): Verdict {
    const verdict = { ...emptyVerdict(), outOfOrder: this.#outOfOrder, gaps: this.#gaps };
    verdict.doubled = this.#doubledInHistory;
    for (const { accepted, answered, failed, replies } of this.#entries.values()) {
      if (accepted) verdict.accepted += 1;
      if (answered) verdict.answered += 1;
      else if (accepted && !failed) verdict.lost += 1;
      if (replies.size > 1) verdict.doubled += 1;
    }
    return verdict;
  }
}
