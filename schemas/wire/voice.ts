import { z } from "zod";

/** Whether an engine is there, and which. */
export const engineStatusSchema = z.object({
  available: z.boolean().describe("Whether the engine can be used now."),
  engine: z.string().nullable().describe("Name of the engine."),
});

/** A voice; `language` is a BCP 47 tag, or `mul` for a voice of all languages. */
export const voiceSchema = z.object({
  id: z.string().describe("Id of the entry."),
  name: z.string().describe("Name."),
  language: z.string().describe("Language as a BCP 47 code, or `auto`."),
});

/** ISO 639-1 of what is spoken; regions are dropped, and `auto` means that nobody knows. */
export const spokenLanguageSchema = z
  .string()
  .trim()
  .toLowerCase()
  .transform((tag) => tag.split(/[-_]/)[0] ?? "")
  .pipe(z.union([z.literal(["", "auto"]).transform(() => undefined), z.string().regex(/^[a-z]{2,3}$/)]))
  .optional();

/** How fast a text is spoken; 1 = as the voice does. */
export const speedSchema = z.coerce
  .number("must be a number")
  .min(0.25, "must be at least 0.25")
  .max(4, "must be at most 4");

/** Name of a spoken text: its content, sealed, and the kind of file. */
export const speechKeySchema = z
  .string()
  .regex(/^[\w-]{43}\.(wav|mp3|opus|flac|pcm)$/, "must be a speech key");
