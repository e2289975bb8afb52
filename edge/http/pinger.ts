/** A WebSocket that can be pinged. */
export interface Pingable {
  ping(): unknown;
}

const everyS = 40;

/**
 * Pings every socket each 40 s, a part of them each second: proxies cut a connection that is silent for 60 s, and
 * uWebSockets.js waits nearly for the whole idle timeout.
 */
export class Pinger {
  readonly #slots: Set<Pingable>[] = Array.from({ length: everyS }, () => new Set());
  #slot = 0;
  #timer: NodeJS.Timeout | undefined;

  /** Pings `socket` until {@link remove}. */
  add(socket: Pingable): void {
    // The one before the next slot is due in nearly 40 s.
    this.#slots[(this.#slot + everyS - 1) % everyS]?.add(socket);
    this.#timer ??= setInterval(() => this.#tick(), 1_000).unref();
  }

  remove(socket: Pingable): void {
    for (const slot of this.#slots) if (slot.delete(socket)) return;
  }

  #tick(): void {
    for (const socket of this.#slots[this.#slot] ?? []) socket.ping();
    this.#slot = (this.#slot + 1) % everyS;
  }
}
