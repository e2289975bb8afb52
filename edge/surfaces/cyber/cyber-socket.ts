import { type CloseReason, closeCodes } from "../../../schemas/close-codes.ts";
import { errorTable } from "../../../schemas/errors.ts";
import { newId } from "../../../schemas/ids.ts";
import type { Limits } from "../../../schemas/limits.ts";
import type { MessageState } from "../../../schemas/messages/session-input.ts";
import type { Principal } from "../../../schemas/principal.ts";
import type { StreamFrame } from "../../../schemas/wire/server-frame.ts";
import { openaiErrorOf } from "../../http/error-shape.ts";
import type { RawSocket } from "../../http/upgrade.ts";
import type { ReplyEvent } from "../../live/reply-text.ts";
import { ReplyText } from "../../live/reply-text.ts";
import type { Follower } from "../../live/user-feed.ts";
import { ChunkMaker } from "../openai/chunks.ts";
import type { HandshakeBuffer } from "../ws-chat/handshake-buffer.ts";

/** A reply that this socket waits for. */
interface Pending {
  text: ReplyText;
  chunks: ChunkMaker;
  replyId: string;
  clientMsgId: string;
}

/** One Cyber Engine connection: it receives the replies to its own messages, as OpenAI chunks. */
export class CyberSocket implements Follower {
  readonly id = newId("s_", 16);
  readonly principal: Principal;
  readonly session: string;
  /** Frames received while the socket joins its stream; undefined before and after. */
  early: HandshakeBuffer | undefined;
  bad = 0;
  /** Leaves the user's stream; undefined while it has not joined. */
  leave: (() => void) | undefined;
  /** Queries the state of the message with this `client_msg_id`. */
  readonly #ask: (socket: CyberSocket, clientMsgId: string) => void;
  readonly #slowBytes: number;
  /** Created with the first message: most sockets are idle. */
  #pending: Set<Pending> | undefined;
  #ws: RawSocket | undefined;

  constructor(principal: Principal, limits: Limits, ask: (socket: CyberSocket, clientMsgId: string) => void) {
    this.principal = principal;
    this.session = `cyber_${principal.user_id}`;
    this.#slowBytes = limits.slowConsumerBytes;
    this.#ask = ask;
  }

  get user(): string {
    return this.principal.user_id;
  }

  get gone(): boolean {
    return this.#ws === undefined;
  }

  /** Number of open replies. */
  get pending(): number {
    return this.#pending?.size ?? 0;
  }

  opened(ws: RawSocket): void {
    this.#ws = ws;
  }

  closed(): void {
    this.#ws = undefined;
    this.early = undefined;
    this.#pending = undefined;
    this.leave?.();
  }

  /** Adds an expected reply. */
  expect(replyId: string, clientMsgId: string, model: string): void {
    const text = new ReplyText(replyId, clientMsgId);
    this.#pending ??= new Set();
    this.#pending.add({ text, replyId, clientMsgId, chunks: new ChunkMaker(replyId, model) });
  }

  /** A repeated message: its reply has another id than expected, and may be complete. */
  found(clientMsgId: string, state: MessageState): void {
    const pending = this.#of(clientMsgId);
    if (pending === undefined) return;
    if (state.status === "completed") this.#emit(pending, pending.text.whole(state.text ?? ""));
    else if (state.reply_id !== undefined && state.reply_id !== pending.replyId) {
      this.#pending?.delete(pending);
      this.expect(state.reply_id, clientMsgId, pending.chunks.model);
    }
  }

  /** The message was refused or has failed. */
  fail(clientMsgId: string, errorType: string, message: string): void {
    const pending = this.#of(clientMsgId);
    if (pending !== undefined) this.#emit(pending, [{ kind: "failed", errorType, message }]);
  }

  frame(frame: StreamFrame): void {
    for (const pending of this.#pending ?? []) this.#emit(pending, pending.text.take(frame));
  }

  restarted(): void {
    for (const { text, clientMsgId } of this.#pending ?? []) {
      text.lost();
      this.#ask(this, clientMsgId);
    }
  }

  /** Sends OpenAI's error object. */
  refuse(errorType: string, status: number, message: string): void {
    this.#send(openaiErrorOf(errorType, status, message));
  }

  goAway(): void {
    this.end("going_away");
  }

  end(reason: CloseReason): void {
    this.#ws?.end(closeCodes[reason].code, reason);
  }

  #of(clientMsgId: string): Pending | undefined {
    return [...(this.#pending ?? [])].find((pending) => pending.clientMsgId === clientMsgId);
  }

  #emit(pending: Pending, events: ReplyEvent[]): void {
    const { chunks, text } = pending;
    if (text.model !== undefined) chunks.model = text.model;
    for (const event of events) {
      if (event.kind === "text") this.#send(chunks.delta({ content: event.text }));
      else if (event.kind === "end") for (const chunk of chunks.finish("stop")) this.#send(chunk);
      else if (event.kind === "failed")
        this.refuse(event.errorType, statusOf(event.errorType), event.message);
      if (event.kind === "end" || event.kind === "failed") this.#pending?.delete(pending);
    }
  }

  #send(value: unknown): void {
    this.#ws?.send(JSON.stringify(value));
    if ((this.#ws?.getBufferedAmount() ?? 0) > this.#slowBytes) this.end("slow_consumer");
  }
}

/** The error's HTTP status, from which OpenAI's error object derives its type. */
function statusOf(errorType: string): number {
  return errorType in errorTable ? errorTable[errorType as keyof typeof errorTable].status : 502;
}
