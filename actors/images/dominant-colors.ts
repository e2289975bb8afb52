import { binsOf, type ColorBin, type Pixels } from "./color-bins.ts";
import { nameOf } from "./color-name.ts";
import { difference, type Oklab, type Rgb, toHex, toRgb } from "./oklab.ts";

/** A dominant colour. */
export interface DominantColor {
  hex: string;
  /** Share of the visible area, percent with one decimal. */
  percent: number;
  name: string;
}

const maxColors = 8;
/** Colours within this distance are merged. */
const reach = 0.1;
const sameColor = 0.075;
/** Colours of the same name within this distance are merged. */
const sameName = 0.16;
/** Colours with a smaller share are not listed. */
const leastShare = 0.01;
const maxSeeds = 24;
/** Share of even areas above which a picture counts as flat, so that blended edge colours are ignored. */
const evenShare = 0.25;

/** The dominant colours of a picture, largest first; empty when nothing is visible. */
export function dominantColors(pixels: Pixels): DominantColor[] {
  const bins = binsOf(pixels);
  const total = sum(bins, ({ weight }) => weight);
  if (total === 0) return [];
  const ofAreas = sum(bins, ({ even }) => even) >= evenShare * total;
  const centers = merged(seedsOf(bins, total, ofAreas), bins, ofAreas);
  const clusters = clustersOf(bins, centers, total);
  return clusters.map((cluster) => colorOf(cluster, total)).sort((one, other) => other.percent - one.percent);
}

interface Cluster {
  bins: ColorBin[];
  weight: number;
}

/** Initial cluster centers: the heaviest bins, each including its neighbours. */
function seedsOf(bins: readonly ColorBin[], total: number, ofAreas: boolean): Oklab[] {
  const weightOf = (bin: ColorBin) => (ofAreas ? bin.even : bin.weight);
  const seeds: ColorBin[] = [];
  const heaviest = bins.toSorted((one, other) => weightOf(other) - weightOf(one));
  take(seeds, heaviest, weightOf, 0.003 * total);
  if (ofAreas) {
    // Thin strokes have no even area. The colour farthest from all areas is the stroke's; the others are its
    // edges.
    const unlike = (bin: ColorBin) => Math.min(...seeds.map(({ lab }) => difference(lab, bin.lab)));
    const strokes = bins.filter((bin) => unlike(bin) > 2 * reach);
    const farthest = strokes.sort((one, other) => unlike(other) - unlike(one));
    const border = (bin: ColorBin) => isMixed(bin, seeds);
    take(seeds, farthest, ({ weight }) => weight, 0.004 * total, border);
  }
  if (seeds.length === 0) seeds.push(...heaviest.slice(0, 1));
  return seeds.map(({ lab }) => lab);
}

/**
 * Adds the bins that are far from the existing ones, in order; `least` is the minimum weight including
 * neighbours.
 */
function take(
  seeds: ColorBin[],
  bins: readonly ColorBin[],
  weightOf: (bin: ColorBin) => number,
  least: number,
  skip: (bin: ColorBin) => boolean = () => false,
): void {
  let left = bins.filter((bin) => weightOf(bin) > 0);
  while (seeds.length < maxSeeds) {
    const seed = left.find((bin) => isFar(bin, seeds, reach) && !skip(bin));
    if (seed === undefined) return;
    const around = new Set(left.filter(({ lab }) => difference(lab, seed.lab) < reach));
    const enough = sum([...around], weightOf) >= least;
    if (enough) seeds.push(seed);
    left = left.filter((bin) => bin !== seed && !(enough && around.has(bin)));
  }
}

function isFar({ lab }: ColorBin, seeds: readonly ColorBin[], distance: number): boolean {
  return seeds.every((seed) => difference(seed.lab, lab) >= distance);
}

/** Whether a colour lies on the line between two others, as blended edge colours do. */
function isMixed({ rgb }: ColorBin, seeds: readonly ColorBin[]): boolean {
  return seeds.some((one, i) => seeds.some((other, j) => j > i && isBetween(rgb, one.rgb, other.rgb)));
}

const mixedWidth = 16;

function isBetween(rgb: Rgb, from: Rgb, to: Rgb): boolean {
  const line = minus(to, from);
  const length = Math.hypot(...line);
  if (length < 1) return false;
  const point = minus(rgb, from);
  const along = (point[0] * line[0] + point[1] * line[1] + point[2] * line[2]) / length;
  if (along <= 0 || along >= length) return false;
  return Math.hypot(...point) ** 2 - along ** 2 < mixedWidth ** 2;
}

function minus(one: Rgb, other: Rgb): [number, number, number] {
  return [one[0] - other[0], one[1] - other[1], one[2] - other[2]];
}

/** Moves the centers to the means of their clusters and merges centers that look alike. */
function merged(seeds: readonly Oklab[], bins: readonly ColorBin[], ofAreas: boolean): Oklab[] {
  const weightOf = (bin: ColorBin) => (ofAreas && bin.even > 0 ? bin.even : bin.weight);
  let centers = seeds.map((lab) => ({ lab, weight: 0 }));
  for (let round = 0; round < 4; round++) {
    const groups = assigned(
      bins,
      centers.map(({ lab }) => lab),
    );
    centers = groups.flatMap((group) => {
      const weight = sum(group, weightOf);
      return weight === 0 ? [] : [{ lab: middle(group, weightOf, weight), weight }];
    });
  }
  for (;;) {
    const pair = nearestPair(centers.map(({ lab }) => lab));
    if (pair === undefined) return centers.map(({ lab }) => lab);
    const [one, other] = [centers[pair[0]], centers[pair[1]]];
    if (one === undefined || other === undefined) return centers.map(({ lab }) => lab);
    const weight = one.weight + other.weight;
    const lab = mean(one, other, weight);
    centers = [...centers.filter((center) => center !== one && center !== other), { lab, weight }];
  }
}

function mean(
  one: { lab: Oklab; weight: number },
  other: { lab: Oklab; weight: number },
  weight: number,
): Oklab {
  const at = (i: 0 | 1 | 2) => (one.lab[i] * one.weight + other.lab[i] * other.weight) / weight;
  return [at(0), at(1), at(2)];
}

/** The nearest two centers that are the same colour; undefined when all differ. */
function nearestPair(centers: readonly Oklab[]): [number, number] | undefined {
  let found: [number, number] | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const [i, one] of centers.entries()) {
    for (const [j, other] of centers.entries()) {
      if (j <= i) continue;
      const distance = difference(one, other);
      const same = distance < sameColor || (distance < sameName && nameOf(one) === nameOf(other));
      if (!same || distance >= least) continue;
      least = distance;
      found = [i, j];
    }
  }
  return found;
}

/**
 * Assigns all visible pixels to their nearest center; clusters that are too small or too many join the
 * others.
 */
function clustersOf(bins: readonly ColorBin[], centers: readonly Oklab[], total: number): Cluster[] {
  let left = [...centers];
  for (;;) {
    const clusters = assigned(bins, left).map((group) => ({
      bins: group,
      weight: sum(group, ({ weight }) => weight),
    }));
    const weights = clusters.map(({ weight }) => weight);
    const smallest = weights.indexOf(Math.min(...weights));
    const enough = (weights[smallest] ?? 0) >= leastShare * total && left.length <= maxColors;
    if (enough || left.length <= 1) return clusters;
    left = left.filter((_, index) => index !== smallest);
  }
}

function assigned(bins: readonly ColorBin[], centers: readonly Oklab[]): ColorBin[][] {
  const groups = centers.map((): ColorBin[] => []);
  for (const bin of bins) {
    let nearest = 0;
    let least = Number.POSITIVE_INFINITY;
    for (const [index, center] of centers.entries()) {
      const distance = difference(center, bin.lab);
      if (distance >= least) continue;
      least = distance;
      nearest = index;
    }
    groups[nearest]?.push(bin);
  }
  return groups;
}

/** The colour reported for a cluster: its most frequent one if it is common enough, else the mean. */
function colorOf({ bins, weight }: Cluster, total: number): DominantColor {
  const heaviest = bins.reduce(
    (one, other) => (other.modeWeight > one.modeWeight ? other : one),
    bins[0] as ColorBin,
  );
  const flat = heaviest.modeWeight >= 0.2 * weight;
  const rgb = flat ? heaviest.mode : toRgb(middle(bins, (bin) => bin.weight, weight));
  const percent = Math.round((1000 * weight) / total) / 10;
  const lab = flat ? heaviest.lab : middle(bins, (bin) => bin.weight, weight);
  return { hex: toHex(rgb), percent, name: nameOf(lab) };
}

function middle(bins: readonly ColorBin[], weightOf: (bin: ColorBin) => number, weight: number): Oklab {
  const at = (i: 0 | 1 | 2) => sum(bins, (bin) => bin.lab[i] * weightOf(bin)) / weight;
  return [at(0), at(1), at(2)];
}

function sum<T>(list: readonly T[], of: (one: T) => number): number {
  return list.reduce((total, one) => total + of(one), 0);
}
