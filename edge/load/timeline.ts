import type { Histogram } from "hdr-histogram-js";
import { addCounts, addHistogram, type Counts, type Interval, newHistogram, noCounts } from "./recorder.ts";

/** One second of all processes. */
export interface Second {
  second: number;
  counts: Counts;
  histograms: Map<string, Histogram>;
  /** Values of the server's metrics. */
  server: Record<string, number>;
}

/** An event shown in the report. */
export interface Mark {
  second: number;
  text: string;
}

/** Milliseconds of a series at the displayed percentiles. */
export interface Latency {
  series: string;
  count: number;
  p50: number;
  p90: number;
  p95: number;
  p99: number;
  max: number;
}

const ms = (microseconds: number): number => Math.round(microseconds) / 1_000;

/** The latency of a histogram. */
export function latencyOf(series: string, histogram: Histogram): Latency {
  const at = (percentile: number) => ms(histogram.getValueAtPercentile(percentile));
  return {
    series,
    count: histogram.totalCount,
    p50: at(50),
    p90: at(90),
    p95: at(95),
    p99: at(99),
    max: ms(histogram.maxValue),
  };
}

/** All measurements, per second and in total. */
export class Timeline {
  readonly #seconds = new Map<number, Second>();
  readonly #totals = new Map<string, Histogram>();
  readonly counts = noCounts();
  readonly marks: Mark[] = [];

  /** Adds an interval of one process. */
  add({ second, counts, histograms }: Interval): void {
    const entry = this.#at(second);
    addCounts(entry.counts, counts);
    addCounts(this.counts, counts);
    for (const [series, compressed] of Object.entries(histograms)) {
      addHistogram(histogramOf(entry.histograms, series), compressed);
      addHistogram(histogramOf(this.#totals, series), compressed);
    }
  }

  /** Adds values of the server's metrics. */
  addServer(second: number, values: Record<string, number>): void {
    Object.assign(this.#at(second).server, values);
  }

  /** The seconds, oldest first. */
  get seconds(): Second[] {
    return [...this.#seconds.values()].sort((a, b) => a.second - b.second);
  }

  /** Latency of each series over the whole load. */
  get latencies(): Latency[] {
    return [...this.#totals].map(([series, histogram]) => latencyOf(series, histogram));
  }

  /** Milliseconds of a series at a percentile; undefined where nothing was measured. */
  latency(series: string, percentile: number): number | undefined {
    const histogram = this.#totals.get(series);
    return histogram === undefined ? undefined : ms(histogram.getValueAtPercentile(percentile));
  }

  #at(second: number): Second {
    const entry = this.#seconds.get(second) ?? {
      second,
      counts: noCounts(),
      histograms: new Map(),
      server: {},
    };
    this.#seconds.set(second, entry);
    return entry;
  }
}

function histogramOf(map: Map<string, Histogram>, series: string): Histogram {
  const histogram = map.get(series) ?? newHistogram();
  map.set(series, histogram);
  return histogram;
}
