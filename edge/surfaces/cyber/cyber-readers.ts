import type { Services } from "../../services.ts";
import { HandshakeBuffer } from "../ws-chat/handshake-buffer.ts";
import type { CyberSocket } from "./cyber-socket.ts";

/** A socket without an open reply leaves its user's stream after at least this long, ms. */
const idleMs = 30_000;

/**
 * Joins Cyber sockets to their users' streams only while they wait for replies: an idle socket costs no feed
 * and no subscription.
 */
export class CyberReaders {
  readonly #services: Pick<Services, "hub" | "log" | "settings">;
  readonly #take: (socket: CyberSocket, text: string) => void;
  /** Joined sockets, and whether each was idle at the last sweep. */
  readonly #reading = new Map<CyberSocket, boolean>();

  /** `take` receives each frame once its socket has joined. */
  constructor(
    services: Pick<Services, "hub" | "log" | "settings" | "lifecycle">,
    take: (socket: CyberSocket, text: string) => void,
  ) {
    this.#services = services;
    this.#take = take;
    const timer = setInterval(() => this.#sweep(), idleMs);
    services.lifecycle.onStop("Cyber readers", () => clearInterval(timer));
  }

  /** Processes a frame now, or when its socket has joined; false when too many are queued. */
  pass(socket: CyberSocket, text: string): boolean {
    if (this.#reading.has(socket)) {
      this.#reading.set(socket, false);
      this.#take(socket, text);
      return true;
    }
    if (socket.early !== undefined) return socket.early.keep(text);
    socket.early = new HandshakeBuffer(this.#services.settings.limits);
    socket.early.keep(text);
    this.#join(socket).catch((err: unknown) => {
      const { principal, id } = socket;
      this.#services.log.error({ err, user: principal.user_id, socket: id }, "Cyber socket attach failed");
      socket.goAway();
    });
    return true;
  }

  /** The socket has closed. */
  remove(socket: CyberSocket): void {
    this.#reading.delete(socket);
  }

  async #join(socket: CyberSocket): Promise<void> {
    const { leave } = await this.#services.hub.follow(socket.principal.user_id, socket, false);
    if (socket.gone) return leave();
    socket.leave = leave;
    this.#reading.set(socket, false);
    const early = socket.early;
    socket.early = undefined;
    for (const text of early?.take() ?? []) this.#take(socket, text);
  }

  #sweep(): void {
    for (const [socket, wasIdle] of this.#reading) {
      const idle = socket.pending === 0;
      this.#reading.set(socket, idle);
      if (!idle || !wasIdle) continue;
      this.#reading.delete(socket);
      socket.leave?.();
      socket.leave = undefined;
    }
  }
}
