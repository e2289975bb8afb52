import type { HistoryMessage } from "./frames.ts";
import type { ChatMessage, Part } from "./session-state.ts";

/** A user's message and its reply; either may be missing. */
export interface Turn {
  /** The `client_msg_id` of the message, else the id of the reply. */
  id: string;
  user: ChatMessage | undefined;
  reply: ChatMessage | undefined;
  rank: Rank;
  /** Number of the last change by a frame. */
  touched: number;
}

/** Rank in a session: started turns in start order; then queued; then being sent. */
export const ranks = { begun: 0, queued: 1, sending: 2 } as const;
export type Rank = (typeof ranks)[keyof typeof ranks];

/** The turns of one session in display order. */
export class TurnList {
  #turns: Turn[] = [];
  readonly #byId = new Map<string, Turn>();
  readonly #byReply = new Map<string, Turn>();
  #clock = 0;

  get all(): readonly Turn[] {
    return this.#turns;
  }

  /** The number of the last change. */
  get clock(): number {
    return this.#clock;
  }

  byClientMsgId(id: string | undefined): Turn | undefined {
    return id === undefined ? undefined : this.#byId.get(id);
  }

  byReply(messageId: string | undefined): Turn | undefined {
    return messageId === undefined ? undefined : this.#byReply.get(messageId);
  }

  byUserMessage(messageId: string): Turn | undefined {
    return this.#turns.find(({ user }) => user?.message_id === messageId);
  }

  /** The turn with this id, added at the end of its rank if new. */
  enter(id: string, rank: Rank): Turn {
    const known = this.#byId.get(id);
    if (known !== undefined) return known;
    const turn: Turn = { id, user: undefined, reply: undefined, rank, touched: ++this.#clock };
    this.#byId.set(id, turn);
    this.#insert(turn);
    return turn;
  }

  /** Moves a turn to the end of a rank. */
  move(turn: Turn, rank: Rank): void {
    if (turn.rank === rank) return;
    this.#turns.splice(this.#turns.indexOf(turn), 1);
    turn.rank = rank;
    this.#insert(turn);
  }

  setUser(turn: Turn, user: ChatMessage): void {
    turn.user = user;
    turn.touched = ++this.#clock;
  }

  setReply(turn: Turn, reply: ChatMessage | undefined): void {
    if (turn.reply?.message_id !== undefined) this.#byReply.delete(turn.reply.message_id);
    turn.reply = reply;
    if (reply?.message_id !== undefined) this.#byReply.set(reply.message_id, turn);
    turn.touched = ++this.#clock;
  }

  remove(turn: Turn): void {
    const at = this.#turns.indexOf(turn);
    if (at >= 0) this.#turns.splice(at, 1);
    this.#forget(turn);
  }

  /** Reorders queued turns by these ids; others are removed. */
  order(ids: readonly string[]): void {
    const waiting = this.#turns.filter(({ rank }) => rank === ranks.queued);
    for (const turn of waiting) if (!ids.includes(turn.id)) this.remove(turn);
    const sorted = ids.map((id) => this.#byId.get(id)).filter((turn) => turn?.rank === ranks.queued);
    let next = 0;
    this.#turns = this.#turns.map((turn) => (turn.rank === ranks.queued ? (sorted[next++] ?? turn) : turn));
    this.#clock += 1;
  }

  /** Drops the oldest started turns, keeping at most `count`. Returns whether any was dropped. */
  trim(count: number): boolean {
    const over = this.#turns.length - count;
    if (over <= 0) return false;
    for (const turn of this.#turns.splice(0, over)) this.#forget(turn);
    return true;
  }

  /**
   * Replaces everything by the newest page of history, requested at clock `since`: turns changed by frames
   * since then, and turns being sent, are kept.
   */
  replace(page: readonly HistoryMessage[], since: number): void {
    const old = new Map(this.#byId);
    const oldReplies = new Map(this.#byReply);
    this.#clear();
    for (const turn of turnsOf(page, this.#clock)) {
      const live = old.get(turn.id) ?? oldReplies.get(turn.reply?.message_id ?? "");
      const running = live !== undefined && turn.reply === undefined && turn.user?.status === "processing";
      const kept = live !== undefined && (live.touched > since || running) ? live : turn;
      this.#append(kept === turn ? turn : { ...kept, rank: Math.min(kept.rank, turn.rank) as Rank });
    }
    for (const turn of old.values()) {
      if (this.#byId.has(turn.id) || this.#byReply.has(turn.reply?.message_id ?? "")) continue;
      if (turn.touched > since || turn.rank === ranks.sending) this.#insert(this.#register(turn));
    }
    this.#clock += 1;
  }

  /** Prepends an older page. */
  prepend(page: readonly HistoryMessage[]): void {
    const older = turnsOf(page, this.#clock).filter(
      ({ id, reply }) => !this.#byId.has(id) && !this.#byReply.has(reply?.message_id ?? ""),
    );
    const first = this.#turns[0];
    const last = older.at(-1);
    // A page boundary may separate a message from its reply.
    if (first?.user === undefined && last?.reply === undefined && last?.user !== undefined && first?.reply) {
      first.user = last.user;
      this.#byId.delete(first.id);
      first.id = last.id;
      this.#byId.set(first.id, first);
      older.pop();
    }
    for (const turn of older) this.#register(turn);
    this.#turns = [...older, ...this.#turns];
    this.#clock += 1;
  }

  #insert(turn: Turn): void {
    const after = this.#turns.findLastIndex(({ rank }) => rank <= turn.rank);
    this.#turns.splice(after + 1, 0, turn);
  }

  #append(turn: Turn): void {
    this.#turns.push(this.#register(turn));
  }

  #register(turn: Turn): Turn {
    this.#byId.set(turn.id, turn);
    if (turn.reply?.message_id !== undefined) this.#byReply.set(turn.reply.message_id, turn);
    return turn;
  }

  #forget(turn: Turn): void {
    this.#byId.delete(turn.id);
    if (turn.reply?.message_id !== undefined) this.#byReply.delete(turn.reply.message_id);
  }

  #clear(): void {
    this.#turns = [];
    this.#byId.clear();
    this.#byReply.clear();
  }
}

/** Turns of a page of history: a reply belongs to the message before it. */
function turnsOf(page: readonly HistoryMessage[], touched: number): Turn[] {
  const turns: Turn[] = [];
  for (const message of page) {
    const shown = shownOf(message);
    const last = turns.at(-1);
    if (message.role === "user") {
      const rank = message.status === "queued" ? ranks.queued : ranks.begun;
      turns.push({ id: shown.key, user: shown, reply: undefined, rank, touched });
    } else if (last?.user?.status === "done" && last.reply === undefined) last.reply = shown;
    else turns.push({ id: shown.key, user: undefined, reply: shown, rank: ranks.begun, touched });
  }
  return turns;
}

function shownOf(message: HistoryMessage): ChatMessage {
  const { session_id: _, id: _id, status, review_messages, ...rest } = message;
  const ended = message.finish_reason === undefined || message.finish_reason === "stop";
  return {
    ...rest,
    key: message.client_msg_id ?? message.message_id,
    parts: message.role === "user" ? [] : (review_messages ?? [partOf(message)]),
    status: status ?? (ended ? "done" : (message.finish_reason as "cancelled" | "failed")),
  };
}

/** A reply of one piece. */
function partOf({ msg_type, content }: HistoryMessage): Part {
  const type = msg_type === "action" || msg_type === "markdown" || msg_type === "code" ? msg_type : "chat";
  return { type, content, delay_ms: 0 };
}
