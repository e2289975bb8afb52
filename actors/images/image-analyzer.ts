import type { ImageAnalysis } from "../../schemas/wire/image.ts";
import type { PictureReader } from "./picture-reader.ts";
import type { Vision } from "./vision.ts";

/** Analyses pictures: measurements, and a description by a vision model. */
export class ImageAnalyzer {
  readonly #reader: Pick<PictureReader, "findings">;
  readonly #vision: Pick<Vision, "available" | "describe">;

  constructor(reader: Pick<PictureReader, "findings">, vision: Pick<Vision, "available" | "describe">) {
    this.#reader = reader;
    this.#vision = vision;
  }

  /**
   * Analyses a picture of a user; `read` is called when a slot is free. `position`: include the EXIF
   * location.
   * @throws ParleyError what `read` throws, `unsupported_type`, `image_too_large`, `invalid_image`,
   * `quota_exceeded`
   */
  async analyze(user: string, read: () => Promise<Buffer>, position: boolean): Promise<ImageAnalysis> {
    let size = 0;
    const counted = async () => {
      const bytes = await read();
      size = bytes.length;
      return bytes;
    };
    const work = { position, reduce: this.#vision.available };
    const { reduced, description, ...found } = await this.#reader.findings(work, { user, read: counted });
    const seen = reduced === undefined ? null : await this.#vision.describe(user, reduced);
    return {
      ...found,
      file_size: size,
      description: seen ?? description,
      analyzed_by: seen === null ? "local" : "openai_vision",
    };
  }
}
