import type { Counter, Histogram } from "prom-client";
import type { Metrics } from "../metrics.ts";

const seconds = [0.001, 0.005, 0.02, 0.1, 0.5, 1, 2, 5, 10, 30];

/** Message metrics of a process. `subject` is the entry's name in the table, so that users add no series. */
export class MessageMetrics {
  readonly #counters: Record<"published" | "received" | "rejected", Counter<"subject">>;
  readonly #failures: Counter<"subject" | "reason">;
  readonly #seconds: Histogram<"subject">;
  /** Caches the labelled counter: the lookup costs more than the increment. */
  readonly #known = new Map<string, { inc(): void }>();

  constructor(metrics: Pick<Metrics, "counter" | "histogram">) {
    const labels: "subject"[] = ["subject"];
    this.#counters = {
      published: metrics.counter("parley_messages_published_total", "Messages sent, by subject", labels),
      received: metrics.counter("parley_messages_received_total", "Messages received, by subject", labels),
      rejected: metrics.counter(
        "parley_messages_rejected_total",
        "Messages that were not understood, or given up after repeated failures",
        labels,
      ),
    };
    this.#failures = metrics.counter("parley_request_failures_total", "Requests without a valid answer", [
      "subject",
      "reason",
    ]);
    this.#seconds = metrics.histogram(
      "parley_request_seconds",
      "From a request on the bus to its answer",
      seconds,
      labels,
    );
  }

  count(what: "published" | "received" | "rejected", subject: string): void {
    const key = `${what} ${subject}`;
    let counter = this.#known.get(key);
    if (counter === undefined) {
      counter = this.#counters[what].labels({ subject });
      this.#known.set(key, counter);
    }
    counter.inc();
  }

  failed(subject: string, reason: string): void {
    this.#failures.inc({ subject, reason });
  }

  answered(subject: string, ms: number): void {
    this.#seconds.observe({ subject }, ms / 1_000);
  }
}
