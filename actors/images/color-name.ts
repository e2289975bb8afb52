import { difference, fromHex, type Oklab, toOklab } from "./oklab.ts";

/** Common colour names, each with example colours. */
const named: readonly [name: string, ...hexes: string[]][] = [
  ["黑色", "#000000", "#1A1A1A"],
  ["深灰色", "#3D3D3D", "#555555"],
  ["灰色", "#808080"],
  ["浅灰色", "#BFBFBF", "#D9D9D9"],
  ["白色", "#FFFFFF", "#F5F5F5"],
  ["红色", "#FF0000", "#DC143C", "#E53935"],
  ["深红色", "#8B0000", "#A52A2A"],
  ["粉色", "#FFC0CB", "#FF69B4"],
  ["橙色", "#FFA500", "#FF7F00", "#F57C00"],
  ["棕色", "#8B4513", "#6B4423", "#A67B5B", "#4A3222"],
  ["米色", "#F5F0DC", "#E8D8B9", "#D2B48C"],
  ["黄色", "#FFFF00", "#FFD700", "#F4D03F"],
  ["橄榄绿", "#808000", "#6B8E23"],
  ["绿色", "#008000", "#228B22", "#3C8C2F", "#00B050", "#4CAF50", "#00FF00"],
  ["浅绿色", "#90EE90", "#B7E4B0"],
  ["深绿色", "#006400", "#1B4D2E"],
  ["青色", "#00FFFF", "#40E0D0"],
  ["蓝绿色", "#008080"],
  ["天蓝色", "#87CEEB", "#ADD8E6", "#64B5F6"],
  ["蓝色", "#0000FF", "#1E66D0", "#4A90D9", "#4169E1"],
  ["深蓝色", "#000080", "#1B2A49"],
  ["紫色", "#800080", "#8E44AD", "#6A0DAD"],
  ["淡紫色", "#D8BFD8", "#E0D0F0"],
  ["品红色", "#FF00FF", "#D81B9A"],
];

const points = named.flatMap(([name, ...hexes]) =>
  hexes.map((hex) => ({ name, lab: toOklab(fromHex(hex)) })),
);
/** Chroma thresholds: below the first a colour is grey, above the second it has a hue. */
const [hueless, hued] = [0.02, 0.05];

/** The common name of a colour. */
export function nameOf(lab: Oklab): string {
  const chroma = chromaOf(lab);
  let name = "";
  let least = Number.POSITIVE_INFINITY;
  for (const point of points) {
    const gray = chromaOf(point.lab) < 0.001;
    if (gray ? chroma >= hued : chroma < hueless) continue;
    const distance = difference(point.lab, lab);
    if (distance >= least) continue;
    least = distance;
    name = point.name;
  }
  return name;
}

function chromaOf([, a, b]: Oklab): number {
  return Math.hypot(a, b);
}
