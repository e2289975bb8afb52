import type { CloseReason } from "../../schemas/close-codes.ts";
import type { Principal } from "../../schemas/principal.ts";
import type { ClientInfo } from "../../schemas/wire/client-frame.ts";
import type { DirectFrame } from "../../schemas/wire/direct-frame.ts";

/** An open WebSocket of any surface. */
export interface OpenSocket {
  readonly principal: Principal;
  /** Its current session. */
  readonly session?: string;
  readonly clientInfo?: ClientInfo;
  /** Frames received before it joined its stream; undefined afterwards. */
  readonly early?: unknown;
  /** Called when the edge stops. */
  goAway(): void;
  end(reason: CloseReason): void;
  /** Sends a frame of `/ws/chat`; only chat sockets have it. */
  answer?(frame: DirectFrame): void;
}

/** Called when sockets open and close. */
export type SocketListener = (socket: OpenSocket) => void;

/** The open WebSockets of this edge. */
export class OpenSockets {
  readonly #sockets = new Set<OpenSocket>();
  readonly #listeners: SocketListener[] = [];

  get size(): number {
    return this.#sockets.size;
  }

  /** Calls `listener` with every socket that opens, and again when it closes. */
  onChange(listener: SocketListener): void {
    this.#listeners.push(listener);
  }

  add(socket: OpenSocket): void {
    this.#sockets.add(socket);
    for (const listener of this.#listeners) listener(socket);
  }

  delete(socket: OpenSocket): void {
    if (!this.#sockets.delete(socket)) return;
    for (const listener of this.#listeners) listener(socket);
  }

  [Symbol.iterator](): Iterator<OpenSocket> {
    return this.#sockets.values();
  }
}
