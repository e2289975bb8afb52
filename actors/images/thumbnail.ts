import { type Picture, type PictureLimits, process } from "./picture.ts";

const side = 300;
const quality = 80;

/**
 * A JPEG of at most 300 × 300 of the first frame, upright, on white.
 * @throws ParleyError as `process` does
 */
export function thumbnailOf(picture: Picture, limits: PictureLimits): Promise<Buffer> {
  return process(picture, limits, (decoded) =>
    decoded
      .resize({ width: side, height: side, fit: "inside", withoutEnlargement: true })
      .flatten({ background: "#ffffff" })
      .jpeg({ quality })
      .toBuffer(),
  );
}
