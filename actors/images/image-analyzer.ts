import type { Limits } from "../../schemas/limits.ts";
import type { ImageAnalysis } from "../../schemas/wire/image.ts";
import { type Appearance, appearanceOf } from "./appearance.ts";
import { readExif } from "./exif.ts";
import { describeLocally } from "./local-description.ts";
import { openPicture, type Picture } from "./picture.ts";
import type { PictureSlots } from "./picture-slots.ts";
import { shownPicture } from "./reduced-picture.ts";
import type { Vision } from "./vision.ts";

interface Found {
  picture: Picture;
  look: Appearance;
  exif: ImageAnalysis["exif"];
  /** The picture for a model that sees, where there is one. */
  shown: string | undefined;
}

/** Finds out what can be told of a picture. */
export class ImageAnalyzer {
  readonly #slots: PictureSlots;
  readonly #vision: Pick<Vision, "available" | "describe">;
  readonly #limits: Limits;

  constructor(slots: PictureSlots, vision: Pick<Vision, "available" | "describe">, limits: Limits) {
    this.#slots = slots;
    this.#vision = vision;
    this.#limits = limits;
  }

  /**
   * Analyses a picture for its user; `read` gives its bytes when it is its turn. `position`: EXIF may tell where it was
   * taken. @throws ParleyError what `read` throws, `unsupported_type`, `image_too_large`, `invalid_image`, `quota_exceeded`
   */
  async analyze(user: string, read: () => Promise<Buffer>, position: boolean): Promise<ImageAnalysis> {
    const { picture, look, exif, shown } = await this.#slots.use(async () =>
      this.#look(await read(), position),
    );
    const seen = shown === undefined ? null : await this.#vision.describe(user, shown);
    return {
      format: picture.format,
      width: picture.width,
      height: picture.height,
      file_size: picture.bytes.length,
      description: seen ?? describeLocally(picture, look),
      top_colors: look.colors.map(({ hex, percent }) => ({ hex, percent })),
      exif,
      analyzed_by: seen === null ? "local" : "openai_vision",
    };
  }

  async #look(bytes: Buffer, position: boolean): Promise<Found> {
    const picture = await openPicture(bytes, this.#limits);
    const look = await appearanceOf(picture, this.#limits);
    const exif = await readExif(picture.exif, position);
    const shown = this.#vision.available ? await shownPicture(picture, this.#limits) : undefined;
    return { picture, look, exif, shown };
  }
}
