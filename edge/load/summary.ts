import { latencyTable } from "./live-table.ts";
import type { LoadResult } from "./load-run.ts";
import { holds, type Measured, type Threshold } from "./threshold.ts";
import { isKept, type Verdict } from "./verdict.ts";

/** Verdict of a load: its thresholds, and the server's guarantees. */
export interface Judgement {
  thresholds: { threshold: Threshold; holds: boolean }[];
  kept: boolean;
  passed: boolean;
}

/** Evaluates a load's thresholds and guarantees. */
export function judge({ options, timeline, verdict }: LoadResult): Judgement {
  const { sent, done, errors } = timeline.counts;
  const failed = Object.values(errors).reduce((sum, count) => sum + count, 0);
  const measured: Measured = {
    latency: (metric, percentile) => timeline.latency(metric, percentile),
    errorRatio: sent === 0 ? 0 : failed / sent,
    throughput: done / options.duration,
  };
  const thresholds = options.failIf.map((threshold) => ({ threshold, holds: holds(threshold, measured) }));
  const kept = isKept(verdict);
  return { thresholds, kept, passed: kept && thresholds.every((each) => each.holds) };
}

/** Formats the result of a load. */
export function summaryOf(result: LoadResult, judgement: Judgement): string {
  const { counts, latencies } = result.timeline;
  const errors = Object.entries(counts.errors).map(([name, count]) => `${name} ${count}`);
  return [
    latencyTable(latencies),
    `sent ${counts.sent}, done ${counts.done} (${(counts.done / result.options.duration).toFixed(1)}/s), ` +
      `deliveries ${counts.delivered}, reconnects ${counts.reconnects}`,
    `errors: ${errors.length === 0 ? "none" : errors.join(", ")}`,
    `promises: ${promisesOf(result.verdict)} → ${judgement.kept ? "kept" : "BROKEN"}`,
    ...judgement.thresholds.map((each) => `${each.holds ? "ok  " : "FAIL"} ${each.threshold.text}`),
  ].join("\n");
}

function promisesOf({ accepted, answered, lost, doubled, outOfOrder, gaps }: Verdict): string {
  return `accepted ${accepted}, answered ${answered}, lost ${lost}, doubled ${doubled}, out of order ${outOfOrder}, gaps ${gaps}`;
}
