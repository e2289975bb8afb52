// Fewer chunks than this say nothing about lengths.
const fewest = 20;
/** How much of what the length explains is taken away; from 0.5 to 1 the evaluation set says much the same. */
const lengthShare = 0.75;
/** How much of the gap between the languages is taken away: all of it finds more across them, and less within. */
const gapShare = 0.75;
/** As many chunks of a language weigh as much as what is known of the model beforehand. */
const priorWeight = 20;

/** The cosine of a question with texts that have nothing to do with it, by the language of the texts. */
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
 * What a cosine owes to the form of a chunk and not to what it says: small multilingual models put texts of the query's
 * own language closer, and short ones closer or farther than long ones, whatever they are about. For each query, the mean
 * of either language and one slope over the logarithm of the length are fitted to the cosines of all chunks; what is known
 * of the model beforehand counts the more, the fewer chunks there are.
 */
export class CosineBias {
  readonly #groups = { chinese: group(), other: group() };
  readonly #prior: Baselines | undefined;

  constructor(prior?: Baselines) {
    this.#prior = prior;
  }

  /** Takes in one chunk: whether it is Chinese, the logarithm of its length, its cosine. */
  add(chinese: boolean, length: number, cosine: number): void {
    const own = chinese ? this.#groups.chinese : this.#groups.other;
    own.count += 1;
    own.sumX += length;
    own.sumY += cosine;
    own.sumXX += length * length;
    own.sumXY += length * cosine;
  }

  /** What to subtract from the cosine of a chunk of this form. */
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

  /** The mean of a language, drawn towards what is known; without that, towards the mean of all chunks. */
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
