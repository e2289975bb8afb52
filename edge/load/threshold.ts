/** A condition on the result of a load: `<metric><operator><value>`. */
export interface Threshold {
  text: string;
  /** Latency series, or `errors` or `throughput`. */
  metric: string;
  /** Percentile 0–100 of a latency; undefined for counts. */
  percentile: number | undefined;
  operator: "<" | "<=" | ">" | ">=";
  /** Milliseconds, a ratio 0–1, or operations a second. */
  value: number;
}

const form = /^(?<name>[a-z][a-z_0-9.]*)(?<operator><=|>=|<|>)(?<value>\d+(?:\.\d+)?)(?<unit>ms|s|%|\/s)?$/;
const withPercentile = /^(?:(?<series>[a-z_]+)_)?p(?<percentile>\d{1,2}(?:\.\d+)?|100|max)$/;

/**
 * Reads `p99<500ms`, `first_chunk_p95<=80ms`, `errors<1%` or `throughput>100/s`. Without a series it is `answered`.
 * @throws TypeError for any other text
 */
export function parseThreshold(text: string): Threshold {
  const { name, operator, value, unit } = form.exec(text.replaceAll(" ", ""))?.groups ?? {};
  const latency = name === undefined ? undefined : withPercentile.exec(name)?.groups;
  if (name === undefined || (latency === undefined && name !== "errors" && name !== "throughput"))
    throw new TypeError(`"${text}" is not a threshold; use p99<500ms, first_chunk_p95<80ms, errors<1%`);
  const scale = { ms: 1, s: 1_000, "%": 0.01, "/s": 1 }[unit ?? "ms"] ?? 1;
  return {
    text,
    metric: latency === undefined ? name : (latency.series ?? "answered"),
    percentile:
      latency === undefined ? undefined : latency.percentile === "max" ? 100 : Number(latency.percentile),
    operator: operator as Threshold["operator"],
    value: Number(value) * scale,
  };
}

/** Values that thresholds are evaluated against. */
export interface Measured {
  /** Milliseconds of a latency series at a percentile; undefined without measurements. */
  latency(metric: string, percentile: number): number | undefined;
  errorRatio: number;
  /** Operations per second. */
  throughput: number;
}

/** Whether a threshold is met; not met without a value. */
export function holds({ metric, percentile, operator, value }: Threshold, measured: Measured): boolean {
  const actual =
    metric === "errors"
      ? measured.errorRatio
      : metric === "throughput"
        ? measured.throughput
        : measured.latency(metric, percentile ?? 50);
  if (actual === undefined) return false;
  if (operator === "<") return actual < value;
  if (operator === "<=") return actual <= value;
  return operator === ">" ? actual > value : actual >= value;
}
