import type { Limits } from "../../schemas/limits.ts";
import { type Picture, type PictureLimits, process } from "./picture.ts";

/** JPEG qualities, tried in this order until the picture fits. */
const qualities = [85, 70, 50] as const;

/**
 * Reduces a picture for a vision model: upright, within the limits, and without metadata such as the
 * location. Returns a data URI.
 * @throws ParleyError as `process` does
 */
export async function reducedPicture(
  picture: Picture,
  limits: PictureLimits & Pick<Limits, "shownImagePx" | "shownImageBytes">,
): Promise<string> {
  const { shownImagePx: px, shownImageBytes: maxBytes } = limits;
  const small = { width: px, height: px, fit: "inside", withoutEnlargement: true } as const;
  if (picture.format !== "jpeg") {
    const png = await process(picture, limits, (decoded) => decoded.resize(small).png().toBuffer());
    if (png.length <= maxBytes) return dataUri("png", png);
  }
  let jpeg = Buffer.alloc(0);
  for (const quality of qualities) {
    jpeg = await process(picture, limits, (decoded) =>
      decoded.resize(small).flatten({ background: "#ffffff" }).jpeg({ quality }).toBuffer(),
    );
    if (jpeg.length <= maxBytes) break;
  }
  return dataUri("jpeg", jpeg);
}

function dataUri(type: "png" | "jpeg", bytes: Buffer): string {
  return `data:image/${type};base64,${bytes.toString("base64")}`;
}
