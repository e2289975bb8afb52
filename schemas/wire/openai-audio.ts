import { z } from "zod";
import { filePartSchema } from "./file-part.ts";
import { speedSchema, spokenLanguageSchema } from "./voice.ts";

/** Body of `POST /v1/audio/speech`. `aac` and server-sent events are not made. */
export const speechRequestSchema = z.object({
  model: z.string().min(1).max(128).describe("Id of the model."),
  input: z.string().min(1).max(4_096).describe("Text or texts to embed or speak."),
  voice: z
    .union([
      z.string().min(1).max(128),
      z.object({ id: z.string().max(128).describe("Id of the entry.") }).transform(({ id }) => id),
    ])
    .describe("Id of the voice."),
  response_format: z.enum(["mp3", "opus", "flac", "wav", "pcm"]).nullish().describe("Format of the answer."),
  speed: speedSchema.nullish().describe("Speed of speech; 1 = normal."),
  stream_format: z.literal("audio", "must be audio").nullish().describe("Format of a streamed answer."),
});

/** Fields of `POST /v1/audio/transcriptions`; what is not known here is left alone. */
export const transcriptionRequestSchema = z.object({
  file: filePartSchema.describe("The file."),
  model: z.string().min(1).max(128).describe("Id of the model."),
  language: spokenLanguageSchema.describe("Language as a BCP 47 code, or `auto`."),
  prompt: z.string().max(4_096).optional().describe("Text that gives the recognizer context."),
  response_format: z
    .enum(["json", "text", "srt", "verbose_json", "vtt"])
    .default("json")
    .describe("Format of the answer."),
});
