import { type DominantColor, dominantColors } from "./dominant-colors.ts";
import { type Picture, type PictureLimits, process } from "./picture.ts";

/** Measured properties of a picture. */
export interface Appearance {
  colors: DominantColor[];
  /** Mean lightness of the visible pixels, 0 … 1. */
  brightness: number;
  /** Contrast between neighbouring pixels, 0 … 1: near 0 is blurred or plain. */
  detail: number;
  /** Transparent share of the area, 0 … 1. */
  transparent: number;
}

const sidePx = 1024;

/**
 * Measures a picture at a reduced size that keeps the visible detail.
 * @throws ParleyError as `process` does
 */
export async function appearanceOf(picture: Picture, limits: PictureLimits): Promise<Appearance> {
  const { data, info } = await process(picture, limits, (decoded) =>
    decoded
      .resize({ width: sidePx, height: sidePx, fit: "inside", withoutEnlargement: true, kernel: "linear" })
      .ensureAlpha()
      .raw({ depth: "uchar" })
      .toBuffer({ resolveWithObject: true }),
  );
  const { width, height } = info;
  const luma = new Float32Array(width * height);
  let visible = 0;
  let light = 0;
  for (let i = 0, at = 0; i < luma.length; i++, at += 4) {
    const alpha = (data[at + 3] as number) / 255;
    const [r, g, b] = [data[at] as number, data[at + 1] as number, data[at + 2] as number];
    luma[i] = (0.2126 * r + 0.7152 * g + 0.0722 * b) / 255;
    visible += alpha;
    light += alpha * (luma[i] as number);
  }
  return {
    colors: dominantColors({ data, width, height }),
    brightness: visible === 0 ? 0 : light / visible,
    detail: detailOf(luma, width, height),
    transparent: 1 - visible / luma.length,
  };
}

/** The 99.9th percentile of neighbour differences, so that an even background does not hide the detail. */
function detailOf(luma: Float32Array, width: number, height: number): number {
  const counts = new Uint32Array(256);
  let all = 0;
  for (let y = 0; y + 1 < height; y++)
    for (let x = 0, at = y * width; x + 1 < width; x++, at++) {
      const here = luma[at] as number;
      const right = Math.abs((luma[at + 1] as number) - here);
      const below = Math.abs((luma[at + width] as number) - here);
      const step = Math.min(255, Math.floor(255 * Math.max(right, below)));
      counts[step] = (counts[step] as number) + 1;
      all += 1;
    }
  let above = all / 1000;
  for (let step = 255; step > 0; step--) {
    above -= counts[step] as number;
    if (above < 0) return step / 255;
  }
  return 0;
}
