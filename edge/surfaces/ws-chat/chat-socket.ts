import { type CloseReason, closeCodes } from "../../../schemas/close-codes.ts";
import type { ParleyError } from "../../../schemas/errors.ts";
import { newId } from "../../../schemas/ids.ts";
import type { Limits } from "../../../schemas/limits.ts";
import type { Principal } from "../../../schemas/principal.ts";
import type { ClientInfo } from "../../../schemas/wire/client-frame.ts";
import type { DirectFrame } from "../../../schemas/wire/direct-frame.ts";
import type { RawSocket } from "../../http/upgrade.ts";
import type { Position } from "../../live/frame.ts";
import type { LiveSocket } from "../../live/user-feed.ts";
import { HandshakeBuffer } from "./handshake-buffer.ts";
import { MessageOrder } from "./message-order.ts";
import { RequestQueue } from "./request-queue.ts";
import type { SocketVoice } from "./socket-voice.ts";

/** One `/ws/chat` connection: its state and its output. */
export class ChatSocket implements LiveSocket {
  readonly id = newId("s_", 16);
  readonly principal: Principal;
  readonly session: string;
  readonly clientInfo: ClientInfo;
  readonly resume: Position | undefined;
  /** Frames received before `connected` was sent; undefined afterwards. */
  early: HandshakeBuffer | undefined;
  /** Consecutive refused frames. */
  bad = 0;
  readonly requests: RequestQueue;
  /** Speech of its user; created with its first frame. */
  voice: SocketVoice | undefined;
  readonly order: MessageOrder;
  #ws: RawSocket | undefined;

  constructor(
    principal: Principal,
    session: string,
    clientInfo: ClientInfo,
    resume: Position | undefined,
    limits: Limits,
  ) {
    this.early = new HandshakeBuffer(limits);
    this.requests = new RequestQueue(limits);
    this.order = new MessageOrder(limits.socketQueue);
    this.principal = principal;
    this.session = session;
    this.clientInfo = clientInfo;
    this.resume = resume;
  }

  get user(): string {
    return this.principal.user_id;
  }

  get gone(): boolean {
    return this.#ws === undefined;
  }

  /** The upgrade is complete. */
  opened(ws: RawSocket): void {
    this.#ws = ws;
  }

  /** The connection has closed: its handle must not be used any more. */
  closed(): void {
    this.#ws = undefined;
    this.early = undefined;
    this.requests.clear();
    this.voice?.close();
  }

  send(text: string): void {
    this.#ws?.send(text);
  }

  /** Sends to this socket alone. */
  answer(frame: DirectFrame): void {
    this.send(JSON.stringify(frame));
  }

  /** Sends an error; the socket stays open. */
  refuse(
    error: ParleyError,
    of: { session_id?: string; client_msg_id?: string; message_id?: string } = {},
  ): void {
    this.answer({ type: "error", ...error.body, errorType: error.errorType, ...of, timestamp: Date.now() });
  }

  publish(topic: string, text: string): void {
    this.#ws?.publish(topic, text);
  }

  subscribe(topic: string): void {
    this.#ws?.subscribe(topic);
  }

  buffered(): number {
    return this.#ws?.getBufferedAmount() ?? 0;
  }

  endSlow(topic: string): void {
    this.#ws?.unsubscribe(topic);
    this.end("slow_consumer");
  }

  goAway(): void {
    this.end("going_away");
  }

  /** Closes with a reason of the table. */
  end(reason: CloseReason): void {
    this.#ws?.end(closeCodes[reason].code, reason);
  }
}
