import type { Registry } from "prom-client";
import type { Metrics } from "../../infra/metrics.ts";
import { streams, subjects } from "../../schemas/messages/subjects.ts";
import type { Services } from "../services.ts";

/** What a scrape of this edge shows: its own metrics, those of all actor processes, or both. */
export type MetricsScope = "all" | "edge" | "actors";

/** Most actor processes whose metrics are shown. */
const mostProcesses = 256;

/** Gathers metrics for a scrape. Actor processes have no port, so an edge asks them. */
export class AllMetrics {
  readonly #services: Services;
  readonly #registry: Registry;
  readonly #backlog: ReturnType<typeof backlogGauges>;

  constructor(services: Services, metrics: Metrics) {
    this.#services = services;
    this.#registry = metrics.registry;
    this.#backlog = backlogGauges(metrics);
  }

  /** Prometheus text. Who does not answer in time is missing from it. */
  async text(scope: MetricsScope): Promise<string> {
    const [own, actors] = await Promise.all([
      scope === "actors" ? "" : this.#own(),
      scope === "edge" ? [] : this.#actors(),
    ]);
    return joinMetrics([own, ...actors]);
  }

  async #own(): Promise<string> {
    await this.#readBacklog().catch((err: unknown) => this.#services.log.debug({ err }, "backlog not read"));
    return this.#registry.metrics();
  }

  async #actors(): Promise<string[]> {
    const { link, settings } = this.#services;
    if (!link.up) return [];
    const texts: string[] = [];
    try {
      const messages = await link.nc.requestMany(subjects.metricsScrape, undefined, {
        strategy: "stall",
        maxWait: settings.limits.scrapeMs,
        maxMessages: mostProcesses,
      });
      for await (const message of messages) {
        if (message.data.length > 0) texts.push(message.string());
      }
    } catch {
      // No actor process is there.
    }
    return texts;
  }

  /** How far the readers of the streams are behind: unfinished messages, and events that a consumer has yet to take. */
  async #readBacklog(): Promise<void> {
    const { link, settings } = this.#services;
    if (!link.up) return;
    const read = async () => {
      const sessions = await link.jsm.streams.info(streams.sessions);
      this.#backlog.unfinished.set(sessions.state.messages);
      this.#backlog.pending.reset();
      for await (const { name, num_pending } of link.jsm.consumers.list(streams.events))
        this.#backlog.pending.set({ consumer: name }, num_pending);
    };
    const late = new Promise((resolve) => setTimeout(resolve, settings.limits.scrapeMs));
    await Promise.race([read(), late]);
  }
}

function backlogGauges(metrics: Metrics) {
  return {
    unfinished: metrics.gauge("parley_session_messages_unfinished", "Messages in the log of all sessions"),
    pending: metrics.gauge("parley_events_lag", "Events that a consumer has yet to take", ["consumer"]),
  };
}

/** Joins expositions: each family once, its samples together, as the format asks for. */
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
