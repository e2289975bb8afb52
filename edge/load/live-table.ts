import Table from "cli-table3";
import logUpdate from "log-update";
import type { LoadProgress } from "./load-run.ts";
import type { LoadOptions, ScenarioName } from "./options.ts";
import type { Latency, Timeline } from "./timeline.ts";

const barCells = 30;

/** Formats latencies as a table. */
export function latencyTable(latencies: readonly Latency[]): string {
  const table = new Table({
    head: ["ms", "count", "p50", "p90", "p95", "p99", "max"],
    colAligns: ["left", "right", "right", "right", "right", "right", "right"],
    style: { head: [], border: [] },
  });
  for (const { series, count, p50, p90, p95, p99, max } of latencies)
    table.push([series, count, ...[p50, p90, p95, p99, max].map((value) => value.toFixed(1))]);
  return table.toString();
}

/** Live output of a load: a table redrawn each second, or a line per second without a terminal. */
export class LiveTable implements LoadProgress {
  readonly #scenario: ScenarioName;
  readonly #options: LoadOptions;
  readonly #terminal = process.stderr.isTTY === true;

  constructor(scenario: ScenarioName, options: LoadOptions) {
    this.#scenario = scenario;
    this.#options = options;
  }

  phase(text: string): void {
    if (this.#terminal) logUpdate.done();
    process.stderr.write(`parley load: ${text}\n`);
  }

  second(timeline: Timeline, elapsed: number, unanswered: number): void {
    const head = this.#head(timeline, elapsed, unanswered);
    if (this.#terminal) logUpdate(`${head}\n${latencyTable(timeline.latencies)}`);
    else process.stderr.write(`${head}\n`);
  }

  #head({ counts }: Timeline, elapsed: number, unanswered: number): string {
    const { warmup, duration } = this.#options;
    const share = Math.min(1, elapsed / (warmup + duration));
    const bar = "█".repeat(Math.round(share * barCells)).padEnd(barCells, "░");
    const errors = Object.values(counts.errors).reduce((sum, count) => sum + count, 0);
    const parts = [
      `${this.#scenario} ${bar} ${Math.floor(elapsed)}s`,
      `sent ${counts.sent}`,
      `done ${counts.done}`,
      `open ${unanswered}`,
      `errors ${errors}`,
      `reconnects ${counts.reconnects}`,
    ];
    return parts.join("  ");
  }
}
