// Fewer chunks than this say nothing about all of them.
const fewest = 20;
/** How much of what is explained is taken away; from 0.5 to 1 the evaluation set says much the same. */
const share = 0.75;

interface Group {
  count: number;
  sumX: number;
  sumY: number;
  sumXX: number;
  sumXY: number;
}

/**
 * What a cosine owes to the form of a chunk and not to what it says: small multilingual models put texts of the query's
 * own language closer, and short ones closer or farther than long ones, whatever they are about. For each query, the
 * mean of either language and one slope over the logarithm of the length are fitted to the cosines of all chunks.
 */
export class CosineBias {
  readonly #groups = { chinese: group(), other: group() };

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
    const slope = enough ? (share * common) / spread : 0;
    const mixed = chinese.count >= fewest && other.count >= fewest;
    const mean = ({ count, sumX, sumY }: Group) => (share * sumY - slope * sumX) / count;
    const gap = mixed ? mean(chinese) - mean(other) : 0;
    return (isChinese, length) => slope * length + (isChinese ? gap : 0);
  }
}

function group(): Group {
  return { count: 0, sumX: 0, sumY: 0, sumXX: 0, sumXY: 0 };
}

function ratio(value: number, count: number): number {
  return count === 0 ? 0 : value / count;
}
