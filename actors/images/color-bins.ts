import { type Oklab, type Rgb, toOklab } from "./oklab.ts";

/** RGBA bytes, row by row. */
export interface Pixels {
  data: Uint8Array;
  width: number;
  height: number;
}

/** A bin of nearly equal colours, with its weight in the picture. */
export interface ColorBin {
  /** Visible pixels, weighted by alpha. */
  weight: number;
  /** The part of `weight` inside even areas, as opposed to edges. */
  even: number;
  rgb: Rgb;
  lab: Oklab;
  /** The most frequent colour in the bin, and its count. */
  mode: Rgb;
  modeWeight: number;
}

const bits = 5;
const shift = 8 - bits;
const binCount = 1 << (3 * bits);
/** Pixels with a lower alpha count as invisible; of 255. */
const leastAlpha = 24;
/** Maximum difference between neighbours within an even area, of 255. */
const evenStep = 10;

/** Sorts the visible pixels of a picture into bins. */
export function binsOf(pixels: Pixels): ColorBin[] {
  const { data, width, height } = pixels;
  const weight = new Float64Array(binCount);
  const even = new Float64Array(binCount);
  const sums = new Float64Array(binCount * 3);
  // Majority vote (Boyer–Moore): each pixel of another colour cancels one of the candidate's.
  const mode = new Uint32Array(binCount);
  const votes = new Float64Array(binCount);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at += 4) {
      const visible = (data[at + 3] as number) / 255;
      if (visible * 255 < leastAlpha) continue;
      const bin = binAt(data, at);
      weight[bin] = (weight[bin] as number) + visible;
      if (isEven(pixels, x, y, at)) even[bin] = (even[bin] as number) + visible;
      for (let i = 0; i < 3; i++)
        sums[bin * 3 + i] = (sums[bin * 3 + i] as number) + visible * (data[at + i] as number);
      const color = colorAt(data, at);
      if (mode[bin] === color) votes[bin] = (votes[bin] as number) + visible;
      else if ((votes[bin] as number) < visible) {
        mode[bin] = color;
        votes[bin] = visible;
      } else votes[bin] = (votes[bin] as number) - visible;
    }
  }
  const modeWeight = weightsOf(data, mode);
  const bins: ColorBin[] = [];
  for (let bin = 0; bin < binCount; bin++) {
    const total = weight[bin] as number;
    if (total === 0) continue;
    const [r = 0, g = 0, b = 0] = sums.subarray(bin * 3, bin * 3 + 3).map((sum) => sum / total);
    const color = mode[bin] as number;
    bins.push({
      weight: total,
      even: even[bin] as number,
      rgb: [r, g, b],
      lab: toOklab([r, g, b]),
      mode: [color >> 16, (color >> 8) & 255, color & 255],
      modeWeight: modeWeight[bin] as number,
    });
  }
  return bins;
}

/** Counts the pixels that have their bin's candidate colour. */
function weightsOf(data: Uint8Array, mode: Uint32Array): Float64Array {
  const weights = new Float64Array(binCount);
  for (let at = 0; at < data.length; at += 4) {
    const alpha = data[at + 3] as number;
    if (alpha < leastAlpha) continue;
    const bin = binAt(data, at);
    if (mode[bin] === colorAt(data, at)) weights[bin] = (weights[bin] as number) + alpha / 255;
  }
  return weights;
}

function binAt(data: Uint8Array, at: number): number {
  const [r, g, b] = [data[at] as number, data[at + 1] as number, data[at + 2] as number];
  return ((r >> shift) << (2 * bits)) | ((g >> shift) << bits) | (b >> shift);
}

function colorAt(data: Uint8Array, at: number): number {
  return ((data[at] as number) << 16) | ((data[at + 1] as number) << 8) | (data[at + 2] as number);
}

function isEven({ data, width, height }: Pixels, x: number, y: number, at: number): boolean {
  const row = width * 4;
  return (
    (x === 0 || isNear(data, at, at - 4)) &&
    (x === width - 1 || isNear(data, at, at + 4)) &&
    (y === 0 || isNear(data, at, at - row)) &&
    (y === height - 1 || isNear(data, at, at + row))
  );
}

function isNear(data: Uint8Array, at: number, other: number): boolean {
  for (let i = 0; i < 4; i++)
    if (Math.abs((data[at + i] as number) - (data[other + i] as number)) > evenStep) return false;
  return true;
}
