import type { Bus } from "../../infra/bus/bus.ts";
import type { Logger } from "../../infra/log.ts";
import type { ActorsAlive } from "../../schemas/messages/actors-alive.ts";
import { actorsAlive } from "../../schemas/messages/processes.ts";
import { rendezvous } from "./rendezvous.ts";

const aliveEveryMs = 1_000;
const tickMs = 250;
/** A process without a heartbeat for this long owns no partitions. */
const unheardMs = 3_000;
/** Listening time before taking partitions: at start, after a reconnect, after a pause of this process. */
const settleMs = 1_500;
/** A tick this late means that the process was paused (SIGSTOP, a suspended machine) or blocked. */
const stallMs = 1_500;

interface Peer {
  alive: ActorsAlive;
  heardAt: number;
}

/**
 * Membership of actor processes by heartbeats every second on core NATS. The derived ownership is a hint: two
 * owners only waste work, because the store decides which commit wins.
 */
export class Membership {
  readonly id: string;
  readonly #bus: Pick<Bus, "listen" | "signal">;
  readonly #log: Logger;
  readonly #peers = new Map<string, Peer>();
  /** Partitions held by this process, by group, for its heartbeat. */
  readonly #held = new Map<string, () => number[]>();
  readonly #listeners: Array<() => void> = [];
  #settledAt = Number.POSITIVE_INFINITY;
  #lastTick = 0;
  #lastAlive = 0;
  #leaving = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(bus: Pick<Bus, "listen" | "signal">, id: string, log: Logger) {
    this.#bus = bus;
    this.id = id;
    this.#log = log;
  }

  /** Announces a group; `held` is called for each heartbeat. */
  serve(group: string, held: () => number[]): void {
    this.#held.set(group, held);
  }

  /** Registers a listener called four times a second, once the listening time is over. */
  onTick(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Starts sending and receiving heartbeats. */
  start(): void {
    this.#bus.listen(actorsAlive, (alive) => {
      this.#peers.set(alive.id, { alive, heardAt: performance.now() });
    });
    this.resettle();
    this.#lastTick = performance.now();
    this.#timer = setInterval(() => this.#tick(), tickMs);
  }

  /** Restarts the listening time, as the known heartbeats may be stale. */
  resettle(): void {
    this.#settledAt = performance.now() + settleMs;
  }

  /** Announces that this process is leaving, so that others request its partitions. */
  leave(): void {
    this.#leaving = true;
    this.say();
  }

  /** Stops sending and receiving heartbeats. */
  stop(): void {
    clearInterval(this.#timer);
  }

  /** The process that should own a partition, or null without any heartbeat. */
  owner(group: string, partition: number): string | null {
    return rendezvous(this.#living(group), group, partition);
  }

  /** Another process whose heartbeat lists the partition, or null. */
  holder(group: string, partition: number): string | null {
    const now = performance.now();
    for (const [id, peer] of this.#peers) {
      if (id === this.id || now - peer.heardAt > unheardMs) continue;
      if (peer.alive.partitions[group]?.includes(partition)) return id;
    }
    return null;
  }

  /** Sends an extra heartbeat immediately. */
  say(): void {
    const partitions = Object.fromEntries([...this.#held].map(([group, held]) => [group, held()]));
    const alive: ActorsAlive = { id: this.id, leaving: this.#leaving, partitions };
    this.#bus.signal(actorsAlive, alive);
    this.#lastAlive = performance.now();
  }

  #tick(): void {
    const now = performance.now();
    if (now - this.#lastTick > stallMs) {
      this.#log.warn({ stalled_ms: Math.round(now - this.#lastTick) }, "process was stopped or blocked");
      this.resettle();
    }
    this.#lastTick = now;
    if (now - this.#lastAlive >= aliveEveryMs - tickMs / 2) this.say();
    for (const [id, peer] of this.#peers) if (now - peer.heardAt > 10 * unheardMs) this.#peers.delete(id);
    if (now >= this.#settledAt) for (const listener of this.#listeners) listener();
  }

  *#living(group: string): Iterable<string> {
    const now = performance.now();
    for (const [id, { alive, heardAt }] of this.#peers) {
      if (now - heardAt <= unheardMs && !alive.leaving && alive.partitions[group] !== undefined) yield id;
    }
  }
}
