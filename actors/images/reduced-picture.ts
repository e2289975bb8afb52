import type { Limits } from "../../schemas/limits.ts";
import { type Picture, type PictureLimits, process } from "./picture.ts";

/** Quality of a JPEG, falling until the picture fits. */
const qualities = [85, 70, 50] as const;

/**
 * A picture as a model is given it: upright, no larger than the limits say, and without what its camera has noted, such
 * as where it was taken. Answers a data URI. @throws ParleyError as `process` does
 */
export async function shownPicture(
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
