import {
  build,
  decodeFromCompressedBase64,
  encodeIntoCompressedBase64,
  type Histogram,
} from "hdr-histogram-js";

/** Histogram limit: ten minutes; longer values are clamped. */
const mostMicroseconds = 600_000_000;

/** Counts of one interval, or of a whole load. */
export interface Counts {
  /** Operations that were due. */
  sent: number;
  /** Successful operations. */
  done: number;
  /** Deliveries to sockets. */
  delivered: number;
  errors: Record<string, number>;
  reconnects: number;
}

/** A process's report on one interval; JSON between processes. */
export interface Interval {
  /** Start of the interval, seconds since the load began. */
  second: number;
  counts: Counts;
  /** HdrHistograms of microseconds, by series, compressed. */
  histograms: Record<string, string>;
}

/** No counts. */
export function noCounts(): Counts {
  return { sent: 0, done: 0, delivered: 0, errors: {}, reconnects: 0 };
}

/** A histogram of microseconds up to ten minutes, exact to three digits. */
export function newHistogram(): Histogram {
  return build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: mostMicroseconds,
    numberOfSignificantValueDigits: 3,
  });
}

/** Adds counts to others. */
export function addCounts(to: Counts, from: Counts): void {
  to.sent += from.sent;
  to.done += from.done;
  to.delivered += from.delivered;
  to.reconnects += from.reconnects;
  for (const [name, count] of Object.entries(from.errors)) to.errors[name] = (to.errors[name] ?? 0) + count;
}

/** Adds a compressed histogram to another. */
export function addHistogram(to: Histogram, compressed: string): void {
  to.add(decodeFromCompressedBase64(compressed));
}

/** Records measurements of one process, and returns them per interval. Callers exclude the warm-up. */
export class Recorder {
  #counts = noCounts();
  readonly #histograms = new Map<string, Histogram>();

  get counts(): Counts {
    return this.#counts;
  }

  /** Counts a failed operation. */
  failed(errorType: string): void {
    this.#counts.errors[errorType] = (this.#counts.errors[errorType] ?? 0) + 1;
  }

  /** Records a latency in milliseconds. */
  latency(series: string, ms: number): void {
    let histogram = this.#histograms.get(series);
    if (histogram === undefined) {
      histogram = newHistogram();
      this.#histograms.set(series, histogram);
    }
    histogram.recordValue(Math.min(mostMicroseconds, Math.max(1, Math.round(ms * 1_000))));
  }

  /** Returns what was recorded since the last call. */
  take(second: number): Interval {
    const interval: Interval = { second, counts: this.#counts, histograms: {} };
    this.#counts = noCounts();
    for (const [series, histogram] of this.#histograms) {
      if (histogram.totalCount === 0) continue;
      interval.histograms[series] = encodeIntoCompressedBase64(histogram);
      histogram.reset();
    }
    return interval;
  }
}
