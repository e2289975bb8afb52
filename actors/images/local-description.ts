import type { Appearance } from "./appearance.ts";
import type { Picture } from "./picture.ts";

/** Describes a picture by its measurements, without its subject. */
export function describeLocally(picture: Picture, look: Appearance): string {
  return [
    `${kindOf(picture)}，${picture.width}×${picture.height} 像素（${shapeOf(picture)}）`,
    colorsOf(look),
    ...(look.colors.length === 0 ? [] : [`${brightnessOf(look.brightness)}，${detailOf(look.detail)}`]),
    ...(look.transparent >= 0.005 && look.colors.length > 0
      ? [`约 ${percent(look.transparent)}% 的面积透明`]
      : []),
    "以上为本地测量结果，未识别画面内容",
  ]
    .map((sentence) => `${sentence}。`)
    .join("");
}

function kindOf({ format, frames }: Picture): string {
  const name = { jpeg: "JPEG", png: "PNG", gif: "GIF", webp: "WebP", heic: "HEIC", avif: "AVIF" }[format];
  return frames > 1 ? `${name} 动图，共 ${frames} 帧` : `${name} 图片`;
}

function shapeOf({ width, height }: Picture): string {
  if (width === height) return "正方形";
  return width > height ? "横向" : "纵向";
}

function colorsOf({ colors }: Appearance): string {
  if (colors.length === 0) return "画面完全透明";
  const shares = new Map<string, number>();
  for (const color of colors) shares.set(color.name, (shares.get(color.name) ?? 0) + color.percent);
  const named = [...shares].slice(0, 4).map(([name, share]) => `${name} ${Math.round(share)}%`);
  return `主要颜色：${named.join("、")}`;
}

function brightnessOf(brightness: number): string {
  if (brightness < 0.25) return "整体偏暗";
  return brightness > 0.75 ? "整体明亮" : "亮度适中";
}

function detailOf(detail: number): string {
  if (detail < 0.03) return "画面平滑，没有清晰的边缘";
  return detail < 0.12 ? "边缘柔和" : "边缘清晰";
}

function percent(share: number): number {
  return Math.max(1, Math.round(share * 100));
}
