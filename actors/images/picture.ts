import sharp, { type Sharp } from "sharp";
import { ParleyError } from "../../schemas/errors.ts";
import type { Limits } from "../../schemas/limits.ts";
import type { ImageAnalysis } from "../../schemas/wire/image.ts";
import { decodeHeic, type RawPixels } from "./heic.ts";

// Each picture is read once, and a process decodes one at a time: neither a cache nor more threads help.
sharp.cache(false);
sharp.concurrency(1);

export type PictureFormat = ImageAnalysis["format"];

/** A picture whose header has been read. */
export interface Picture {
  bytes: Buffer;
  format: PictureFormat;
  /** Displayed size, px. */
  width: number;
  height: number;
  hasAlpha: boolean;
  /** Number of frames; 1 for a still picture. */
  frames: number;
  /** The EXIF block, if any. */
  exif: Buffer | undefined;
  /** The decoded pixels, for formats that sharp can't decode. */
  pixels?: RawPixels;
}

/** `jpegPixels` exceeds `imagePixels`: a JPEG can be decoded at an eighth of its size. */
export type PictureLimits = Pick<Limits, "imagePixels" | "jpegPixels" | "imageMs">;

const heicBrands = new Set(["heic", "heix", "hevc", "hevx", "heim", "heis", "mif1", "msf1"]);

/**
 * Detects a picture's format by its first bytes; undefined for all others, such as SVG, which are never
 * decoded.
 */
export function formatOf(bytes: Uint8Array): PictureFormat | undefined {
  const head = Buffer.from(bytes.subarray(0, 32)).toString("latin1");
  if (head.startsWith("\xff\xd8\xff")) return "jpeg";
  if (head.startsWith("\x89PNG\r\n\x1a\n")) return "png";
  if (head.startsWith("GIF87a") || head.startsWith("GIF89a")) return "gif";
  if (head.startsWith("RIFF") && head.slice(8, 12) === "WEBP") return "webp";
  if (head.slice(4, 8) !== "ftyp") return undefined;
  if (head.slice(8).includes("avif") || head.slice(8).includes("avis")) return "avif";
  return heicBrands.has(head.slice(8, 12)) ? "heic" : undefined;
}

/**
 * Reads the header of a picture.
 * @throws ParleyError `unsupported_type` for an unsupported format, `image_too_large`, `invalid_image`
 */
export async function openPicture(bytes: Buffer, limits: PictureLimits): Promise<Picture> {
  const format = formatOf(bytes);
  if (format === undefined)
    throw new ParleyError("unsupported_type", {
      error: "不支持的文件类型: 只支持 JPEG、PNG、GIF、WebP、HEIC 和 AVIF 图片",
    });
  if (format === "heic") return openHeic(bytes, limits);
  const found = await decoded(() => decoder({ bytes, format }, limits, "none").metadata());
  const { width, height, pageHeight } = found;
  const rows = pageHeight ?? height;
  if (width * rows > pixelLimit(format, limits)) throw tooLarge();
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

async function openHeic(bytes: Buffer, { imagePixels }: PictureLimits): Promise<Picture> {
  const pixels = await decoded(() => decodeHeic(bytes, imagePixels));
  const { width, height } = pixels;
  return { bytes, format: "heic", width, height, hasAlpha: true, frames: 1, exif: undefined, pixels };
}

/**
 * Applies `steps` to the first frame of a picture, upright and in sRGB. Truncated or slightly damaged
 * pictures are decoded as far as possible, as browsers do.
 * @throws ParleyError `image_too_large`, `invalid_image`
 */
export async function process<T>(
  picture: Picture,
  limits: PictureLimits,
  steps: (picture: Sharp) => Promise<T>,
): Promise<T> {
  const upright = (failOn: "error" | "none") =>
    decoder(picture, limits, failOn).autoOrient().toColourspace("srgb");
  try {
    return await steps(upright("error"));
  } catch (cause) {
    if (isTooLarge(cause)) throw tooLarge(cause);
    return decoded(async () => {
      const small = upright("none").resize(64, 64, { fit: "inside", withoutEnlargement: true });
      const { channels } = await sharp(await small.png().toBuffer()).stats();
      // No pixel could be decoded.
      if (channels.every(({ min, max }) => min === max)) throw new ParleyError("invalid_image", { cause });
      return steps(upright("none"));
    });
  }
}

function decoder(
  { bytes, format, pixels }: Pick<Picture, "bytes" | "format" | "pixels">,
  limits: PictureLimits,
  failOn: "error" | "none",
): Sharp {
  const input = { limitInputPixels: pixelLimit(format, limits), failOn, pages: 1, sequentialRead: true };
  const source =
    pixels === undefined
      ? sharp(bytes, input)
      : sharp(pixels.data, { raw: { width: pixels.width, height: pixels.height, channels: 4 } });
  return source.timeout({ seconds: Math.max(1, Math.ceil(limits.imageMs / 1000)) });
}

function pixelLimit(format: PictureFormat, { imagePixels, jpegPixels }: PictureLimits): number {
  return format === "jpeg" ? Math.max(imagePixels, jpegPixels) : imagePixels;
}

async function decoded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof ParleyError) throw cause;
    if (isTooLarge(cause)) throw tooLarge(cause);
    throw new ParleyError("invalid_image", { cause });
  }
}

function isTooLarge(cause: unknown): boolean {
  return cause instanceof Error && /pixel limit|too large/i.test(cause.message);
}

function tooLarge(cause?: unknown): ParleyError {
  return new ParleyError("image_too_large", { cause });
}
