import type { Limits } from "../../schemas/limits.ts";
import type { Exif, ImageAnalysis } from "../../schemas/wire/image.ts";
import { appearanceOf } from "./appearance.ts";
import { readExif } from "./exif.ts";
import { describeLocally } from "./local-description.ts";
import { openPicture, type PictureLimits } from "./picture.ts";
import { reducedPicture } from "./reduced-picture.ts";
import { thumbnailOf } from "./thumbnail.ts";

/** The operation on a picture; see {@link PictureReader}. */
export type PictureWork =
  | { kind: "thumbnail" }
  | { kind: "reduce" }
  | { kind: "describe" }
  | { kind: "analyze"; position: boolean; reduce: boolean };

/** A picture operation as it is sent to the sandbox. */
export type PictureTask = PictureWork & {
  bytes: Uint8Array;
  limits: PictureLimits & Pick<Limits, "shownImagePx" | "shownImageBytes">;
};

/** Results of the analysis without a model. `reduced`: a data URI for a vision model. */
export type PictureFindings = Pick<ImageAnalysis, "format" | "width" | "height" | "top_colors"> & {
  description: string;
  exif: Exif;
  reduced?: string;
};

/** Entry point in the sandbox. @throws ParleyError `unsupported_type`, `image_too_large`, `invalid_image` */
export async function run(task: PictureTask): Promise<Uint8Array | string | PictureFindings> {
  const { limits } = task;
  const picture = await openPicture(Buffer.from(task.bytes), limits);
  if (task.kind === "thumbnail") return thumbnailOf(picture, limits);
  if (task.kind === "reduce") return reducedPicture(picture, limits);
  const look = await appearanceOf(picture, limits);
  const description = describeLocally(picture, look);
  if (task.kind === "describe") return description;
  const { format, width, height } = picture;
  return {
    ...{ format, width, height, description },
    top_colors: look.colors.map(({ hex, percent }) => ({ hex, percent })),
    exif: await readExif(picture.exif, task.position),
    ...(task.reduce && { reduced: await reducedPicture(picture, limits) }),
  };
}
