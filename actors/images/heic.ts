import { ParleyError } from "../../schemas/errors.ts";

/** Pixels of four bytes: red, green, blue, alpha. */
export interface RawPixels {
  data: Buffer;
  width: number;
  height: number;
}

/** The main picture of a HEIC file, upright. @throws ParleyError `image_too_large`, or Error for what is none */
export async function decodeHeic(bytes: Buffer, maxPixels: number): Promise<RawPixels> {
  // Loaded when needed: the decoder takes some 20 MB.
  const { default: decode } = await import("heic-decode");
  const [first] = await decode.all({ buffer: bytes });
  if (first === undefined) throw new Error("no picture");
  if (first.width * first.height > maxPixels) throw new ParleyError("image_too_large");
  const { data, width, height } = await first.decode();
  return { data: Buffer.from(data.buffer, data.byteOffset, data.byteLength), width, height };
}
