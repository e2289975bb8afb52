import type { Bus } from "../../infra/bus/bus.ts";
import type { Logger } from "../../infra/log.ts";
import type { ActorsAlive } from "../../schemas/messages/actors-alive.ts";
import { actorsAlive } from "../../schemas/messages/processes.ts";
import { rendezvous } from "./rendezvous.ts";

const aliveEveryMs = 1_000;
const tickMs = 250;
/** A process that was not heard for this long owns nothing any more. */
const unheardMs = 3_000;
/** Time to listen before taking anything: at start, after a reconnect, after this process was stopped. */
const settleMs = 1_500;
/** A tick that comes this late means that the process was stopped (SIGSTOP, a suspended machine) or blocked. */
const stallMs = 1_500;

interface Peer {
  alive: ActorsAlive;
  heardAt: number;
}

/**
 * Which actor processes there are, heard once a second on core NATS. Ownership that follows from it is a hint: two
 * owners waste work and break nothing, because the store decides whose commit counts.
 */
export class Membership {
  readonly id: string;
  readonly #bus: Pick<Bus, "listen" | "signal">;
  readonly #log: Logger;
  readonly #peers = new Map<string, Peer>();
  /** What this process holds, by group; shown in its heartbeat. */
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

  /** Announces a group; `held` is asked for at each heartbeat. */
  serve(group: string, held: () => number[]): void {
    this.#held.set(group, held);
  }

  /** Called after each look at who is there, four times a second, once the process has listened long enough. */
  onTick(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Starts to listen and to be heard. */
  start(): void {
    this.#bus.listen(actorsAlive, (alive) => {
      this.#peers.set(alive.id, { alive, heardAt: performance.now() });
    });
    this.resettle();
    this.#lastTick = performance.now();
    this.#timer = setInterval(() => this.#tick(), tickMs);
  }

  /** Listens again before anything is taken: what this process believes about the others may be old. */
  resettle(): void {
    this.#settledAt = performance.now() + settleMs;
  }

  /** Says that this process gives everything away; the others ask for it. */
  leave(): void {
    this.#leaving = true;
    this.say();
  }

  /** Stops to listen and to be heard. */
  stop(): void {
    clearInterval(this.#timer);
  }

  /** The process that should own a partition, or null while nobody is heard. */
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

  /** Says at once what this process holds, between two heartbeats. */
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
