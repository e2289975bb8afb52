import sharp, { type Sharp } from "sharp";
import { ParleyError } from "../../schemas/errors.ts";
import type { Limits } from "../../schemas/limits.ts";
import type { ImageAnalysis } from "../../schemas/wire/image.ts";

// A picture is read once, and others wait for their turn: neither keeps memory for the next, nor takes all cores.
sharp.cache(false);
sharp.concurrency(1);

export type PictureFormat = ImageAnalysis["format"];

/** A picture whose head has been read. */
export interface Picture {
  bytes: Buffer;
  format: PictureFormat;
  /** As it is shown, px. */
  width: number;
  height: number;
  hasAlpha: boolean;
  /** Pictures of an animation, 1 for a still one. */
  frames: number;
  /** The EXIF block, where there is one. */
  exif: Buffer | undefined;
}

export type PictureLimits = Pick<Limits, "imagePixels" | "imageMs">;

/** The format of a picture by its first bytes; undefined for everything else, which reaches no decoder: SVG, for one. */
export function formatOf(bytes: Uint8Array): PictureFormat | undefined {
  const head = Buffer.from(bytes.subarray(0, 12)).toString("latin1");
  if (head.startsWith("\xff\xd8\xff")) return "jpeg";
  if (head.startsWith("\x89PNG\r\n\x1a\n")) return "png";
  if (head.startsWith("GIF87a") || head.startsWith("GIF89a")) return "gif";
  return head.startsWith("RIFF") && head.endsWith("WEBP") ? "webp" : undefined;
}

/**
 * Reads the head of a picture.
 * @throws ParleyError `unsupported_type` for what is no picture that we read, `image_too_large`, `invalid_image`
 */
export async function openPicture(bytes: Buffer, limits: PictureLimits): Promise<Picture> {
  const format = formatOf(bytes);
  if (format === undefined)
    throw new ParleyError("unsupported_type", {
      error: "不支持的文件类型: 只支持 JPEG、PNG、GIF 和 WebP 图片",
    });
  const found = await decoded(() => decoder(bytes, limits).metadata());
  const { width, height, pageHeight } = found;
  const rows = pageHeight ?? height;
  if (width * rows > limits.imagePixels) throw tooLarge();
  const turned = (found.orientation ?? 1) >= 5;
  return {
    bytes,
    format,
    width: turned ? rows : width,
    height: turned ? width : rows,
    hasAlpha: found.hasAlpha,
    frames: found.pages ?? 1,
    exif: found.exif,
  };
}

/**
 * What becomes of a picture's first frame, upright and in sRGB, when `steps` are done to it.
 * @throws ParleyError `image_too_large`, `invalid_image`
 */
export function process<T>(
  { bytes }: Picture,
  limits: PictureLimits,
  steps: (picture: Sharp) => Promise<T>,
): Promise<T> {
  return decoded(() => steps(decoder(bytes, limits).autoOrient().toColourspace("srgb")));
}

function decoder(bytes: Buffer, { imagePixels, imageMs }: PictureLimits): Sharp {
  const input = { limitInputPixels: imagePixels, failOn: "error", pages: 1, sequentialRead: true } as const;
  return sharp(bytes, input).timeout({ seconds: Math.max(1, Math.ceil(imageMs / 1000)) });
}

async function decoded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof ParleyError) throw cause;
    if (cause instanceof Error && /pixel limit|too large/i.test(cause.message)) throw tooLarge(cause);
    throw new ParleyError("invalid_image", { cause });
  }
}

function tooLarge(cause?: unknown): ParleyError {
  return new ParleyError("image_too_large", { cause });
}
