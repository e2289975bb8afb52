import type { Registry } from "prom-client";
import type { Metrics } from "../../infra/metrics.ts";
import { metricsScrape } from "../../schemas/messages/processes.ts";
import { streams } from "../../schemas/messages/subjects.ts";
import type { Services } from "../services.ts";

/** Scope of a scrape: this edge's metrics, those of all actor processes, or both. */
export type MetricsScope = "all" | "edge" | "actors";

/** Collects metrics for a scrape. Actor processes have no port, so an edge requests theirs. */
export class AllMetrics {
  readonly #services: Services;
  readonly #registry: Registry;
  readonly #backlog: ReturnType<typeof backlogGauges>;
  #reading: Promise<void> | undefined;

  constructor(services: Services, metrics: Metrics) {
    this.#services = services;
    this.#registry = metrics.registry;
    this.#backlog = backlogGauges(metrics, () => this.#refreshBacklog());
  }

  /** Prometheus text. Processes that do not answer in time are omitted. */
  async text(scope: MetricsScope): Promise<string> {
    const [own, actors] = await Promise.all([
      scope === "actors" ? "" : this.#own(),
      scope === "edge" ? [] : this.#actors(),
    ]);
    return joinMetrics([own, ...actors]);
  }

  #own(): Promise<string> {
    return this.#registry.metrics();
  }

  /** One read for all gauges of a scrape. */
  #refreshBacklog(): Promise<void> {
    this.#reading ??= this.#readBacklog()
      .catch((err: unknown) => this.#services.log.debug({ err }, "stream backlog not readable"))
      .finally(() => {
        this.#reading = undefined;
      });
    return this.#reading;
  }

  async #actors(): Promise<string[]> {
    const { link } = this.#services;
    if (!link.up) return [];
    return link.bus.askAll(metricsScrape, {}, "stall");
  }

  /** Consumer lag of the streams: unfinished messages, and events that a consumer has yet to read. */
  async #readBacklog(): Promise<void> {
    const { link, settings } = this.#services;
    if (!link.up) return;
    const read = async () => {
      this.#backlog.consumers.reset();
      this.#backlog.bytes.reset();
      for await (const { config, state } of link.jsm.streams.list()) {
        this.#backlog.consumers.set({ stream: config.name }, state.consumer_count);
        this.#backlog.bytes.set({ stream: config.name }, state.bytes);
        if (config.name !== streams.sessions) continue;
        this.#backlog.unfinished.set(state.messages);
        this.#backlog.oldest.set(state.messages === 0 ? 0 : ageSeconds(state.first_ts));
      }
      this.#backlog.pending.reset();
      for await (const { name, num_pending } of link.jsm.consumers.list(streams.events))
        this.#backlog.pending.set({ consumer: name }, num_pending);
    };
    const late = new Promise((resolve) => setTimeout(resolve, settings.limits.scrapeMs));
    await Promise.race([read(), late]);
  }
}

function backlogGauges(metrics: Metrics, collect: () => Promise<void>) {
  const gauge = (name: string, help: string, labels: string[] = []) =>
    metrics.gauge(name, help, labels, collect);
  return {
    unfinished: gauge("parley_session_messages_unfinished", "Messages in the log of all sessions"),
    oldest: gauge(
      "parley_session_oldest_message_seconds",
      "Age of the oldest message in the log of all sessions",
    ),
    consumers: gauge("parley_stream_consumers", "Consumers of a stream", ["stream"]),
    bytes: gauge("parley_stream_bytes", "Size of what a stream holds", ["stream"]),
    pending: gauge("parley_events_lag", "Events that a consumer has yet to take", ["consumer"]),
  };
}

function ageSeconds(time: unknown): number {
  return Math.max(0, (Date.now() - Date.parse(String(time))) / 1_000);
}

/** Merges expositions: each family once, with all of its samples, as the format requires. */
export function joinMetrics(texts: readonly string[]): string {
  const families = new Map<string, { head: string[]; samples: string[] }>();
  for (const text of texts) {
    let family: { head: string[]; samples: string[] } | undefined;
    let isNew = false;
    for (const line of text.split("\n")) {
      const [, kind, name] = /^# (HELP|TYPE) (\S+)/.exec(line) ?? [];
      if (name !== undefined) {
        if (kind === "HELP" || !families.has(name)) {
          isNew = !families.has(name);
          family = families.get(name) ?? { head: [], samples: [] };
          families.set(name, family);
        }
        if (isNew) family?.head.push(line);
      } else if (line !== "" && !line.startsWith("#")) family?.samples.push(line);
    }
  }
  return [...families.values()]
    .map(({ head, samples }) => `${[...head, ...samples].join("\n")}\n`)
    .join("\n");
}
