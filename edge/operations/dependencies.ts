import type { DependencyState, Health, ProcessHealth } from "../../schemas/messages/process-health.ts";
import { processHealth } from "../../schemas/messages/processes.ts";
import type { NatsLink } from "../nats-link.ts";

/** An actor process without a heartbeat for this long counts as gone. */
const unheardMs = 3_500;
/** Grace period after a start or reconnect, before heartbeats are required. */
const settleMs = 5_000;
const lookMs = 250;

interface Heard extends ProcessHealth {
  at: number;
}

/** The dependencies that this edge can reach; actor processes send a heartbeat each second. */
export class Dependencies {
  readonly #link: NatsLink;
  readonly #streamsAnswer: () => boolean;
  readonly #heard = new Map<string, Heard>();
  readonly #listeners: ((states: Health["dependencies"]) => void)[] = [];
  readonly #timer: NodeJS.Timeout;
  #listenedSince = performance.now();
  #last = "";

  /** `streamsAnswer`: whether the session log and the stream OUT have answered recently. */
  constructor(link: NatsLink, streamsAnswer: () => boolean) {
    this.#link = link;
    this.#streamsAnswer = streamsAnswer;
    link.bus.listen(processHealth, (health) => {
      this.#heard.set(health.id, { ...health, at: performance.now() });
    });
    link.onUp(() => {
      this.#listenedSince = performance.now();
    });
    this.#timer = setInterval(() => this.#look(), lookMs);
  }

  /** Calls `listener` when the known states change. */
  onChange(listener: (states: Health["dependencies"]) => void): void {
    this.#listeners.push(listener);
  }

  /** The body of `/health`. */
  health(connections: number): Health {
    const living = this.#living();
    const dependencies = this.states();
    const isDegraded = Object.values(dependencies).includes("down") || this.#problem() !== undefined;
    return {
      status: isDegraded ? "degraded" : "ok",
      service: "cyrene-gateway",
      ws_connections: connections,
      dependencies,
      actor_processes: living.length,
      roles: [...new Set(living.flatMap(({ roles }) => roles))].sort(),
    };
  }

  /** MongoDB's state is what actor processes report: one that reaches it is sufficient. */
  states(): Health["dependencies"] {
    if (!this.#link.up) return { nats: "down", mongodb: "unknown", actors: "unknown" };
    const nats: DependencyState = this.#streamsAnswer() ? "up" : "down";
    // A starting process owns nothing yet.
    const living = this.#living().filter(({ started }) => started);
    if (living.length === 0) {
      const settled = performance.now() - this.#listenedSince > settleMs;
      return { nats, mongodb: "unknown", actors: settled ? "down" : "unknown" };
    }
    const mongodb: DependencyState = living.some((one) => one.mongodb === "up") ? "up" : "down";
    return { nats, mongodb, actors: "up" };
  }

  /** What blocks an actor process from its messages; no other process can answer them meanwhile. */
  #problem(): string | undefined {
    return this.#living().find(({ problem }) => problem !== undefined)?.problem;
  }

  /** Stops the checks. */
  close(): void {
    clearInterval(this.#timer);
  }

  #living(): Heard[] {
    const oldest = performance.now() - unheardMs;
    return [...this.#heard.values()].filter(({ at }) => at >= oldest);
  }

  #look(): void {
    const oldest = performance.now() - unheardMs;
    for (const [id, { at }] of this.#heard) if (at < oldest) this.#heard.delete(id);
    const states = this.states();
    const text = JSON.stringify(states);
    if (text === this.#last) return;
    this.#last = text;
    for (const listener of this.#listeners) listener(states);
  }
}
