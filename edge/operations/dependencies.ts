import type { DependencyState, Health, ProcessHealth } from "../../schemas/messages/process-health.ts";
import { processHealth } from "../../schemas/messages/processes.ts";
import type { NatsLink } from "../nats-link.ts";

/** An actor process that was not heard for this long is gone. */
const unheardMs = 3_500;
/** Time after a start or a reconnect in which nobody has to be heard yet. */
const settleMs = 5_000;
const lookMs = 250;

interface Heard extends ProcessHealth {
  at: number;
}

/** Which parts of the system this edge can reach; actor processes say each second that they are there. */
export class Dependencies {
  readonly #link: NatsLink;
  readonly #streamsAnswer: () => boolean;
  readonly #heard = new Map<string, Heard>();
  readonly #listeners: ((states: Health["dependencies"]) => void)[] = [];
  readonly #timer: NodeJS.Timeout;
  #listenedSince = performance.now();
  #last = "";

  /** `streamsAnswer`: whether the log of sessions and the stream of frames have answered lately. */
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

  /** Calls `listener` whenever the states have changed to something that is known. */
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

  /** Of MongoDB it is known what actor processes say: one that reaches it is enough. */
  states(): Health["dependencies"] {
    if (!this.#link.up) return { nats: "down", mongodb: "unknown", actors: "unknown" };
    const nats: DependencyState = this.#streamsAnswer() ? "up" : "down";
    // One that still starts holds nothing yet.
    const living = this.#living().filter(({ started }) => started);
    if (living.length === 0) {
      const settled = performance.now() - this.#listenedSince > settleMs;
      return { nats, mongodb: "unknown", actors: settled ? "down" : "unknown" };
    }
    const mongodb: DependencyState = living.some((one) => one.mongodb === "up") ? "up" : "down";
    return { nats, mongodb, actors: "up" };
  }

  /** What keeps an actor process from its messages; another can't answer them meanwhile. */
  #problem(): string | undefined {
    return this.#living().find(({ problem }) => problem !== undefined)?.problem;
  }

  /** Stops looking. */
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
