// Minimum number of chunks for a length regression.
const fewest = 20;
/** Share of the length effect that is removed; 0.5 to 1 score about the same on the evaluation set. */
const lengthShare = 0.75;
/**
 * Share of the language gap that is removed; 1 improves cross-language recall but hurts same-language recall.
 */
const gapShare = 0.75;
/** Weight of the model's prior, in chunks of a language. */
const priorWeight = 20;

/** Cosine of a question with unrelated texts, by language of the texts. */
export interface Baselines {
  chinese: number;
  other: number;
}

interface Group {
  count: number;
  sumX: number;
  sumY: number;
  sumXX: number;
  sumXY: number;
}

/**
 * Removes the part of a cosine caused by a chunk's form instead of its content: small multilingual models
 * score texts in the query's own language higher, and short texts higher or lower than long ones, regardless
 * of topic. For each query, the mean of each language and one slope over the logarithm of the length are
 * fitted to the cosines of all chunks; the model's prior weighs more with fewer chunks.
 */
export class CosineBias {
  readonly #groups = { chinese: group(), other: group() };
  readonly #prior: Baselines | undefined;

  constructor(prior?: Baselines) {
    this.#prior = prior;
  }

  /** Adds a chunk: whether it is Chinese, the logarithm of its length, its cosine. */
  add(chinese: boolean, length: number, cosine: number): void {
    const own = chinese ? this.#groups.chinese : this.#groups.other;
    own.count += 1;
    own.sumX += length;
    own.sumY += cosine;
    own.sumXX += length * length;
    own.sumXY += length * cosine;
  }

  /** The bias to subtract from the cosine of a chunk of this form. */
  fitted(): (chinese: boolean, length: number) => number {
    const { chinese, other } = this.#groups;
    const both = [chinese, other];
    const spread = both.reduce((sum, one) => sum + one.sumXX - ratio(one.sumX ** 2, one.count), 0);
    const common = both.reduce((sum, one) => sum + one.sumXY - ratio(one.sumX * one.sumY, one.count), 0);
    const enough = chinese.count + other.count >= fewest && spread > Number.EPSILON;
    const slope = enough ? (lengthShare * common) / spread : 0;
    const means = { chinese: this.#mean(chinese, "chinese"), other: this.#mean(other, "other") };
    const middle = (means.chinese + means.other) / 2;
    return (isChinese, length) => {
      const own = isChinese ? chinese : other;
      const usual = own.count === 0 ? length : own.sumX / own.count;
      const mean = isChinese ? means.chinese : means.other;
      return middle + gapShare * (mean - middle) + slope * (length - usual);
    };
  }

  /** The mean of a language, shrunk towards the prior, or without one towards the mean of all chunks. */
  #mean({ count, sumY }: Group, language: keyof Baselines): number {
    const { chinese, other } = this.#groups;
    const all = ratio(chinese.sumY + other.sumY, chinese.count + other.count);
    return (sumY + priorWeight * (this.#prior?.[language] ?? all)) / (count + priorWeight);
  }
}

function group(): Group {
  return { count: 0, sumX: 0, sumY: 0, sumXX: 0, sumXY: 0 };
}

function ratio(value: number, count: number): number {
  return count === 0 ? 0 : value / count;
}
