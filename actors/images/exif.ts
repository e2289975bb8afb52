import exifr from "exifr";
import type { Exif } from "../../schemas/wire/image.ts";

const maxFields = 80;
const maxChars = 500;
const maxNumbers = 16;

/**
 * Reads the EXIF fields of a picture by name, with coded values translated to words. The location is included
 * only with `position`. An unreadable block yields no fields.
 */
export async function readExif(block: Buffer | undefined, position: boolean): Promise<Exif> {
  if (block === undefined) return {};
  const raw: unknown = await exifr.parse(tiffOf(block), options(position)).catch(() => undefined);
  const found = Object.entries((raw ?? {}) as Record<string, unknown>);
  const kept = found.filter(([name]) => position || !/^(GPS|latitude$|longitude$)/i.test(name));
  return Object.fromEntries(kept.flatMap(([name, value]) => fieldOf(name, value)).slice(0, maxFields));
}

/** A picture's block starts with `Exif\0\0`, followed by a TIFF file. */
function tiffOf(block: Buffer): Buffer {
  return block.subarray(0, 6).toString("latin1") === "Exif\0\0" ? block.subarray(6) : block;
}

function options(position: boolean) {
  return {
    ...{ tiff: true, ifd0: {}, exif: true, gps: position },
    ...{ ifd1: false, interop: false, xmp: false, icc: false, iptc: false, jfif: false, ihdr: false },
    ...{ makerNote: false, userComment: false },
    // Dates have no time zone: they are kept as the camera wrote them.
    ...{ translateValues: true, reviveValues: false, sanitize: true, mergeOutput: true },
  };
}

function fieldOf(name: string, value: unknown): [string, Exif[string]][] {
  if (typeof value === "number") return Number.isFinite(value) ? [[name, value]] : [];
  if (typeof value === "string") {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: cameras pad texts with control characters
    const text = value.replaceAll(/[\u0000-\u001f\u007f]+/g, " ").trim();
    return text === "" ? [] : [[name, text.slice(0, maxChars)]];
  }
  const numbers =
    Array.isArray(value) && value.every((one): one is number => Number.isFinite(one)) ? value : [];
  return numbers.length === 0 || numbers.length > maxNumbers ? [] : [[name, numbers]];
}
