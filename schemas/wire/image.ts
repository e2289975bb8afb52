import { z } from "zod";

/** A colour that covers a part of a picture: `#RRGGBB`, and percent of the visible area. */
export const topColorSchema = z.object({
  hex: z
    .string()
    .regex(/^#[0-9A-F]{6}$/)
    .describe("Colour as `#RRGGBB`."),
  percent: z.number().min(0).max(100).describe("Share of the picture in percent."),
});

/** What a camera or program has noted in a picture, by EXIF's names. */
export const exifSchema = z.record(z.string(), z.union([z.string(), z.number(), z.array(z.number())]));
export type Exif = z.infer<typeof exifSchema>;

/**
 * What is found in a picture. `width` and `height` are those of the picture as it is shown, px; `file_size` is in bytes;
 * `top_colors` begins with the largest. `analyzed_by` tells who described it: a vision model, or measurements alone.
 */
export const imageAnalysisSchema = z.object({
  format: z.enum(["jpeg", "png", "gif", "webp", "heic", "avif"]).describe("Format of the image."),
  width: z.int().positive().describe("Width in pixels."),
  height: z.int().positive().describe("Height in pixels."),
  file_size: z.int().positive().describe("Size in bytes."),
  description: z.string().describe("Description in words."),
  top_colors: z.array(topColorSchema).describe("Main colours, the largest share first."),
  exif: exifSchema.describe("Camera data of the image."),
  analyzed_by: z
    .enum(["openai_vision", "local"])
    .describe("Who described the image: a vision model or the local analysis."),
});
export type ImageAnalysis = z.infer<typeof imageAnalysisSchema>;
