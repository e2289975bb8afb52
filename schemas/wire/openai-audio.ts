import { z } from "zod";
import { filePartSchema } from "./file-part.ts";
import { speedSchema, spokenLanguageSchema } from "./voice.ts";

/** Body of `POST /v1/audio/speech`. `aac` and server-sent events are not made. */
export const speechRequestSchema = z.object({
  model: z.string().min(1).max(128),
  input: z.string().min(1).max(4_096),
  voice: z.union([
    z.string().min(1).max(128),
    z.object({ id: z.string().max(128) }).transform(({ id }) => id),
  ]),
  response_format: z.enum(["mp3", "opus", "flac", "wav", "pcm"]).nullish(),
  speed: speedSchema.nullish(),
  stream_format: z.literal("audio", "must be audio").nullish(),
});

/** Fields of `POST /v1/audio/transcriptions`; what is not known here is left alone. */
export const transcriptionRequestSchema = z.object({
  file: filePartSchema,
  model: z.string().min(1).max(128),
  language: spokenLanguageSchema,
  prompt: z.string().max(4_096).optional(),
  response_format: z.enum(["json", "text", "srt", "verbose_json", "vtt"]).default("json"),
});
