import { ParleyError } from "../../schemas/errors.ts";

/** RGBA pixels. */
export interface RawPixels {
  data: Buffer;
  width: number;
  height: number;
}

/**
 * Decodes the primary picture of a HEIC file, upright.
 * @throws ParleyError `image_too_large`, Error for an invalid file
 */
export async function decodeHeic(bytes: Buffer, maxPixels: number): Promise<RawPixels> {
  // Loaded on first use: the decoder takes some 20 MB.
  const { default: decode } = await import("heic-decode");
  const [first] = await decode.all({ buffer: bytes });
  if (first === undefined) throw new Error("the HEIC file has no picture");
  if (first.width * first.height > maxPixels) throw new ParleyError("image_too_large");
  const { data, width, height } = await first.decode();
  return { data: Buffer.from(data.buffer, data.byteOffset, data.byteLength), width, height };
}
