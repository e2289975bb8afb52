/** A WebSocket that can be pinged. */
export interface Pingable {
  ping(): unknown;
}

const everyS = 40;

/**
 * Pings every socket each 40 s, in slots of one second. Proxies close a connection that is silent for 60 s,
 * and uWebSockets.js pings only near the end of the idle timeout.
 */
export class Pinger {
  readonly #slots: Set<Pingable>[] = Array.from({ length: everyS }, () => new Set());
  #slot = 0;
  #timer: NodeJS.Timeout | undefined;

  /** Pings `socket` until {@link remove}. */
  add(socket: Pingable): void {
    // The slot before the next one is due in almost 40 s.
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
