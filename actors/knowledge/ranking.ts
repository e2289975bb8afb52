import { termsOf } from "../text/terms.ts";
import type { BaseIndex } from "./base-index.ts";
import { type Baselines, CosineBias } from "./cosine-bias.ts";
import type { ModelVector } from "./vector-block.ts";

/** A search result in one of the indexes; `score` is 0 to 1. */
export interface Hit {
  index: BaseIndex;
  chunk: number;
  score: number;
}

/** Search mode: keywords, vectors, or both. */
export type Mode = "words" | "vectors" | "hybrid";

// Standard BM25 parameters.
const k1 = 1.2;
const b = 0.75;
/** Number of top results of each list used in the fusion. */
const depth = 50;
/** Below the usual 60: the lists are short, and one first rank should outweigh two middle ranks. */
const rrfK = 10;
const oneCharacter = /^\p{Script=Han}$/u;
/** Maximum terms of a query for substring expansion. */
const fewTerms = 4;

interface Scored {
  index: BaseIndex;
  chunk: number;
  value: number;
}

/**
 * The best `limit` chunks of the indexes for a query: BM25 for keywords and cosine for vectors, joined by
 * reciprocal rank fusion. Keyword results that cover little of the query, such as a paraphrase, weigh little.
 */
export function rank(
  indexes: readonly BaseIndex[],
  query: string,
  vector: ModelVector | null,
  limit: number,
  mode: Mode = "hybrid",
): Hit[] {
  // A query of punctuation and stop words only has no results.
  if (termsOf(query).length === 0) return [];
  const words = mode === "vectors" ? { list: [], coverage: 0 } : byWords(indexes, query);
  const { list: meaning, best } =
    mode === "words" || vector === null ? { list: [], best: 0 } : byMeaning(indexes, query, vector);
  const chunks = indexes.reduce((sum, { size }) => sum + size, 0);
  const confidence = Math.max(words.coverage, calibrated(best, words.coverage, chunks, vector));
  const fused = fuse(
    [
      {
        list: words.list,
        weight: meaning.length === 0 ? 1 : words.coverage ** 2 * (codeLike.test(query) ? codeWeight : 1),
      },
      { list: meaning, weight: 1 },
    ].filter(({ list }) => list.length > 0),
  );
  return fused.slice(0, limit).map(({ value, ...hit }) => ({ ...hit, score: value * confidence }));
}

/**
 * Calibration of cosines per model family: `floor` is unrelated, `span` above it a certain match; cosines of
 * E5 models are compressed, and measured relative to unrelated texts. `perTenfold`: increase of the floor per
 * tenfold number of chunks; `coverage`: bonus if keywords cover the whole query.
 */
const scales = {
  e5: { floor: 0.0013, perTenfold: 0.0145, span: 0.06, coverage: 0.03 },
  other: { floor: 0.2, perTenfold: 0, span: 0.35, coverage: 0.1 },
};
/** Upper bound of the correction for the number of chunks, in powers of ten. */
const mostTenfolds = 2.5;
/** Measured with multilingual-e5-small on short texts of the evaluation set. */
const e5Baselines = {
  chinese: { chinese: 0.841, other: 0.753 },
  other: { chinese: 0.756, other: 0.78 },
} as const satisfies Record<string, Baselines>;
/** Numbers and codes in a query, which must match exactly and rank first. */
const codeLike = /[\p{L}\d]*\d[\p{L}\d._:/-]*\d|\p{L}+-?\d{2,}/u;
const codeWeight = 4;
const chinese = /\p{Script=Han}/u;

/** Calibrates cosines to 0 to 1. */
function calibrated(cosine: number, covered: number, chunks: number, vector: ModelVector | null): number {
  const { floor, perTenfold, span, coverage } = isE5(vector) ? scales.e5 : scales.other;
  const lowest = floor + perTenfold * Math.min(mostTenfolds, Math.log10(Math.max(1, chunks)));
  return Math.min(1, Math.max(0, (cosine + coverage * covered - lowest) / span));
}

function isE5(vector: ModelVector | null): boolean {
  return /\be5\b/i.test(vector?.model ?? "");
}

function fuse(lists: { list: readonly Scored[]; weight: number }[]): Scored[] {
  const sums = new Map<BaseIndex, Map<number, number>>();
  const best = lists.reduce((sum, { weight }) => sum + weight / (rrfK + 1), 0);
  for (const { list, weight } of lists) {
    for (const [place, { index, chunk }] of list.entries()) {
      const own = sums.get(index) ?? new Map<number, number>();
      sums.set(index, own);
      own.set(chunk, (own.get(chunk) ?? 0) + weight / (rrfK + 1 + place) / best);
    }
  }
  return [...sums]
    .flatMap(([index, own]) => [...own].map(([chunk, value]) => ({ index, chunk, value })))
    .sort((x, y) => y.value - x.value);
}

/**
 * BM25 over all indexes as one collection; `coverage`: share of the query's weight in the best chunk, 0 to 1.
 */
function byWords(indexes: readonly BaseIndex[], query: string): { list: Scored[]; coverage: number } {
  const terms = [...new Set(termsOf(query))];
  const words = terms.map((term) => (terms.length <= fewTerms ? wordsWith(indexes, term) : [term]));
  const total = indexes.reduce((sum, { slots }) => sum + slots, 0);
  const mean = indexes.reduce((sum, index) => sum + index.terms, 0) / Math.max(1, total);
  const weights = words.map((same) => {
    const frequency = Math.min(total, frequencyOf(indexes, same));
    return Math.log(1 + (total - frequency + 0.5) / (frequency + 0.5));
  });
  const whole = weights.reduce((sum, weight) => sum + weight, 0);
  const top = new Top(depth);
  const explained = new Map<BaseIndex, Float32Array>();
  for (const index of indexes) {
    const scores = new Float32Array(index.slots);
    const covered = new Float32Array(index.slots);
    explained.set(index, covered);
    for (const [place, same] of words.entries()) {
      const weight = weights[place] ?? 0;
      const visit = (chunk: number, count: number) => {
        const norm = k1 * (1 - b + (b * index.lengthOf(chunk)) / mean);
        scores[chunk] = (scores[chunk] ?? 0) + (weight * count * (k1 + 1)) / (count + norm);
        covered[chunk] = (covered[chunk] ?? 0) + weight;
      };
      for (const word of same) index.eachPosting(word, visit);
    }
    for (let chunk = 0; chunk < scores.length; chunk++) {
      const score = scores[chunk] ?? 0;
      if (score > 0 && !index.isDead(chunk)) top.offer(index, chunk, score);
    }
  }
  const list = top.sorted();
  const [first] = list;
  if (first === undefined || whole === 0) return { list, coverage: 0 };
  return { list, coverage: Math.min(1, (explained.get(first.index)?.[first.chunk] ?? 0) / whole) };
}

/**
 * A term, or the words that contain it if it is a single Chinese character that is never a term: 茶 finds 绿茶.
 */
function wordsWith(indexes: readonly BaseIndex[], term: string): string[] {
  if (!oneCharacter.test(term) || frequencyOf(indexes, [term]) > 0) return [term];
  return [...new Set(indexes.flatMap((index) => index.termsWith(term)))];
}

function frequencyOf(indexes: readonly BaseIndex[], words: readonly string[]): number {
  return indexes.reduce((sum, index) => words.reduce((own, word) => own + index.frequency(word), sum), 0);
}

/**
 * Cosine over all indexes, corrected for the form of chunks; `best` is the highest, uncorrected for models
 * other than E5.
 */
function byMeaning(
  indexes: readonly BaseIndex[],
  query: string,
  vector: ModelVector,
): { list: Scored[]; best: number } {
  const e5 = isE5(vector);
  const bias = new CosineBias(e5 ? e5Baselines[chinese.test(query) ? "chinese" : "other"] : undefined);
  const all = indexes.map((index) => {
    const cosines = new Float32Array(index.slots).fill(Number.NaN);
    index.eachCosine(vector, (chunk, cosine) => {
      cosines[chunk] = cosine;
      bias.add(index.isChinese(chunk), index.logLengthOf(chunk), cosine);
    });
    return { index, cosines };
  });
  const explained = bias.fitted();
  const top = new Top(depth);
  let best = Number.NEGATIVE_INFINITY;
  for (const { index, cosines } of all) {
    for (let chunk = 0; chunk < cosines.length; chunk++) {
      const cosine = cosines[chunk] as number;
      if (Number.isNaN(cosine)) continue;
      const own = cosine - explained(index.isChinese(chunk), index.logLengthOf(chunk));
      best = Math.max(best, e5 ? own : cosine);
      top.offer(index, chunk, own);
    }
  }
  return { list: top.sorted(), best };
}

/** Top-k collector. */
class Top {
  readonly #size: number;
  #kept: Scored[] = [];
  #floor = Number.NEGATIVE_INFINITY;

  constructor(size: number) {
    this.#size = size;
  }

  offer(index: BaseIndex, chunk: number, value: number): void {
    if (value <= this.#floor) return;
    this.#kept.push({ index, chunk, value });
    // Truncated occasionally: cheaper than a heap at these sizes.
    if (this.#kept.length >= this.#size * 8) this.#cut();
  }

  sorted(): Scored[] {
    this.#cut();
    return this.#kept;
  }

  #cut(): void {
    this.#kept.sort((x, y) => y.value - x.value);
    this.#kept.length = Math.min(this.#kept.length, this.#size);
    if (this.#kept.length === this.#size) this.#floor = this.#kept.at(-1)?.value ?? this.#floor;
  }
}
