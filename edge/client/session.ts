import { Backoff } from "./backoff.ts";
import { type Frame, randomId } from "./frames.ts";
import type { Draft } from "./outbox.ts";
import { RequestError } from "./request-error.ts";
import type { SendOptions, SessionLink } from "./session-link.ts";
import type { Approval, ChatMessage, SessionState } from "./session-state.ts";
import { TurnFrames } from "./turn-frames.ts";
import { ranks, TurnList } from "./turn-list.ts";

const pageSize = 50;
/** Turns kept in memory while no older ones are loaded. */
const keptTurns = 300;

/**
 * One session as an observable store: {@link state} is the same on every device. `subscribe` and `state` work
 * with the store APIs of React, Preact, Solid and Svelte.
 */
export class Session {
  readonly id: string;
  readonly #link: SessionLink;
  readonly #turns = new TurnList();
  readonly #frames = new TurnFrames(this.#turns);
  readonly #listeners = new Set<() => void>();
  readonly #backoff = new Backoff(500, 15_000);
  #approvals: Approval[] = [];
  #state: SessionState | undefined;
  #loading: Promise<void> | undefined;
  #loaded = false;
  #stale = true;
  #hasMore = false;
  #older = false;
  #error: RequestError | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(id: string, link: SessionLink) {
    this.id = id;
    this.#link = link;
  }

  /** The current state. The same object until it changes. */
  get state(): SessionState {
    this.#state ??= this.#snapshot();
    return this.#state;
  }

  /** Calls `listener` after every change. Returns an unsubscribe function. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /**
   * Sends a message; it is shown at once and retried until the server accepts it. Returns its
   * `client_msg_id`.
   */
  send(content: string, options: SendOptions = {}): string {
    const { attachments = [], mode = "text", model, client_msg_id = randomId("c_") } = options;
    this.#frames.sending({
      key: client_msg_id,
      client_msg_id,
      role: "user",
      msg_type: "chat",
      content,
      parts: [],
      status: "sending",
      created_at: Date.now(),
      client_info: this.#link.clientInfo,
      ...(attachments.length > 0 && { attachments }),
    });
    this.#link.submit({
      type: "message",
      session_id: this.id,
      client_msg_id,
      content,
      mode,
      ...(model !== undefined && { model }),
      ...(attachments.length > 0 && { attachments }),
    });
    this.#changed();
    return client_msg_id;
  }

  /** Shows and sends a draft stored by an earlier page. */
  resend(draft: Draft): void {
    if (draft.type !== "message") {
      this.#link.submit(draft);
      return;
    }
    this.send(String(draft.content ?? ""), draft as SendOptions);
  }

  /** Resends a failed message. */
  retry(clientMsgId: string): void {
    const user = this.#turns.byClientMsgId(clientMsgId)?.user;
    if (user?.status !== "failed" || user.message_id !== undefined) return;
    const { attachments, content } = user;
    this.discard(clientMsgId);
    this.send(content, attachments === undefined ? {} : { attachments });
  }

  /** Discards a message that was not accepted. */
  discard(clientMsgId: string): void {
    const turn = this.#turns.byClientMsgId(clientMsgId);
    if (turn === undefined || turn.rank !== ranks.sending) return;
    this.#link.discard(this.id, clientMsgId);
    this.#turns.remove(turn);
    this.#changed();
  }

  /** Stops the current reply, or the one with this id. @throws RequestError while offline */
  stop(messageId?: string): void {
    this.#link.send({ type: "stop", session_id: this.id, ...(messageId && { message_id: messageId }) });
  }

  /** Regenerates the last reply, whose id this is. */
  regenerate(messageId: string, model?: string): void {
    this.#link.submit({
      type: "regenerate",
      session_id: this.id,
      client_msg_id: randomId("c_"),
      message_id: messageId,
      ...(model !== undefined && { model }),
    });
  }

  /** Cancels a queued message. @throws RequestError while offline */
  cancelQueued(messageId: string): void {
    this.#link.send({ type: "queue_cancel", session_id: this.id, message_id: messageId });
  }

  /** Edits a queued message. @throws RequestError while offline */
  editQueued(messageId: string, content: string): void {
    this.#link.send({ type: "queue_edit", session_id: this.id, message_id: messageId, content });
  }

  /** Moves a queued message; position 1 is next. @throws RequestError while offline */
  moveQueued(messageId: string, position: number): void {
    this.#link.send({ type: "queue_move", session_id: this.id, message_id: messageId, position });
  }

  /** Decides on a pending tool call. @throws RequestError while offline */
  approve(approvalId: string, decision: "once" | "always" | "deny"): void {
    this.#link.send({ type: "approve", session_id: this.id, approval_id: approvalId, decision });
  }

  /**
   * Reports that the user interrupted a spoken reply, and what was played. @throws RequestError while offline
   */
  interrupt(messageId: string, heardIndex: number, heardMs: number): void {
    const heard = { heard_index: heardIndex, heard_ms: Math.round(heardMs) };
    this.#link.send({ type: "voice_interrupt", session_id: this.id, message_id: messageId, ...heard });
  }

  /** Reports that a sentence of a reply was played to its end. */
  segmentPlayed(messageId: string, index: number): void {
    this.#link.send({ type: "segment_played", session_id: this.id, message_id: messageId, index });
  }

  /** Loads older messages into the state. */
  async loadOlder(): Promise<void> {
    await this.load();
    const [oldest] = this.#turns.all;
    const before = oldest?.user?.message_id ?? oldest?.reply?.message_id;
    if (!this.#hasMore || this.#older || before === undefined) return;
    this.#older = true;
    this.#changed();
    try {
      const page = await this.#link.history(this.id, { limit: pageSize, before });
      this.#turns.prepend(page.messages);
      this.#hasMore = page.has_more;
    } finally {
      this.#older = false;
      this.#changed();
    }
  }

  /** Loads the newest page of history at first and after lost frames. */
  load(): Promise<void> {
    if (!this.#stale) return Promise.resolve();
    this.#loading ??= this.#read().finally(() => {
      this.#loading = undefined;
      this.#changed();
    });
    this.#changed();
    return this.#loading;
  }

  /** @internal Frames were lost: reloads history. */
  lost(): void {
    this.#frames.missed();
    this.#stale = true;
    this.#approvals = [];
    this.#changed();
    // A load in progress may predate the lost frames.
    void (this.#loading ?? Promise.resolve()).finally(() => this.load());
  }

  /** @internal A draft was finally refused. */
  refused(draft: Draft, { errorType, message, hint }: RequestError): void {
    const turn = this.#turns.byClientMsgId(draft.client_msg_id);
    if (turn?.user === undefined) return;
    const error = { errorType, error: message, ...(hint !== undefined && { hint }) };
    this.#turns.setUser(turn, { ...turn.user, status: "failed", error });
    this.#changed();
  }

  /** @internal Processes a frame of this session. */
  take(frame: Frame): void {
    if (frame.type === "accepted" && frame.status === "completed") {
      // The reply came earlier: it is in history.
      this.#frames.take(frame);
      this.lost();
      return;
    }
    const changed = this.#frames.take(frame) || this.#beside(frame);
    if (!changed) return;
    if (!this.#older && this.#turns.all.length > keptTurns * 2 && this.#turns.trim(keptTurns))
      this.#hasMore = true;
    this.#changed();
  }

  /** @internal Stops its timers. */
  close(): void {
    clearTimeout(this.#timer);
  }

  /** Processes frames other than messages: the queue, and pending approvals. */
  #beside(frame: Frame): boolean {
    if (frame.type === "queue") {
      this.#frames.queue(frame.items);
      return true;
    }
    if (frame.type !== "approval" && frame.type !== "approval_decided") return false;
    const others = this.#approvals.filter(({ approval_id }) => approval_id !== frame.approval_id);
    this.#approvals = frame.type === "approval" ? [...others, frame] : others;
    return true;
  }

  async #readApprovals(): Promise<void> {
    const pending = await this.#link.approvals(this.id);
    const come = this.#approvals.filter((one) =>
      pending.every(({ approval_id }) => approval_id !== one.approval_id),
    );
    if (pending.length === 0) return;
    this.#approvals = [...pending, ...come];
    this.#changed();
  }

  async #read(): Promise<void> {
    clearTimeout(this.#timer);
    this.#stale = false;
    const since = this.#turns.clock;
    try {
      const page = await this.#link.history(this.id, { limit: pageSize });
      this.#turns.replace(page.messages, since);
      void this.#readApprovals();
      this.#hasMore = page.has_more;
      this.#loaded = true;
      this.#error = undefined;
      this.#backoff.reset();
    } catch (cause) {
      this.#stale = true;
      this.#error = cause instanceof RequestError ? cause : RequestError.unreachable(cause);
      if (!this.#error.passing) return;
      this.#timer = setTimeout(() => void this.load(), this.#backoff.next(this.#error.retryAfterMs));
    }
  }

  #changed(): void {
    this.#state = undefined;
    for (const listener of this.#listeners) listener();
  }

  #snapshot(): SessionState {
    const turns = this.#turns.all;
    const messages = turns.flatMap(({ user, reply }) => [user, reply]).filter((one) => one !== undefined);
    const queue = turns.filter(({ rank }) => rank === ranks.queued).map(({ user }) => user);
    return {
      id: this.id,
      messages,
      queue: queue.filter((one): one is ChatMessage => one !== undefined),
      approvals: this.#approvals,
      running: turns.some(
        ({ reply, user }) => reply?.status === "streaming" || user?.status === "processing",
      ),
      hasMore: this.#hasMore,
      loading: this.#loading !== undefined || this.#older,
      loaded: this.#loaded,
      ...(this.#error && { error: this.#error }),
    };
  }
}
