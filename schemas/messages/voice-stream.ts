import { z } from "zod";
import { errorBodySchema } from "../errors.ts";
import { idSchema } from "../ids.ts";
import { originSchema } from "../wire/server-frame.ts";
import { audioFormatSchema, spokenLanguageSchema } from "../wire/voice-format.ts";

/** `voice.stream.start`: somebody is about to speak. What is heard goes to `to`. */
export const voiceStreamStartSchema = z.object({
  to: originSchema,
  format: audioFormatSchema,
  language: spokenLanguageSchema,
  /** Whether he wants to read along. */
  interims: z.boolean(),
});
export type VoiceStreamStart = z.infer<typeof voiceStreamStartSchema>;

/** Answer to it: the id of the stream, in whose subject everything else goes to one process. */
export const voiceStreamOpenedSchema = z.object({ stream: idSchema });
export type VoiceStreamOpened = z.infer<typeof voiceStreamOpenedSchema>;

/** Requests to one stream. `object`: all of the audio is in the bulk store. `beat`: is the stream still there? */
export const voiceStreamPartSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("chunk"), sequence: z.int().nonnegative().optional(), audio: z.string() }),
  z.object({ kind: z.literal("object"), object: z.string() }),
  z.object({ kind: z.literal("end") }),
  z.object({ kind: z.literal("beat") }),
  z.object({ kind: z.literal("drop") }),
]);
export type VoiceStreamPart = z.infer<typeof voiceStreamPartSchema>;

/** Answer to each part: there is somebody. */
export const voicePartTakenSchema = z.object({ ok: z.literal(true) });

/** What a stream tells: text while somebody speaks, that it takes no more (`full`) or that nothing came for long (`idle`) and it ends by itself, the final text, or its failure. */
export const voiceHeardSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("interim"), text: z.string() }),
  z.object({ kind: z.literal("full") }),
  z.object({ kind: z.literal("idle") }),
  z.object({ kind: z.literal("final"), text: z.string() }),
  z.object({ kind: z.literal("failed"), error: errorBodySchema }),
]);
export type VoiceHeard = z.infer<typeof voiceHeardSchema>;

/** A spoken text in the speech cache: where devices fetch it, and how long it takes. */
export const spokenSchema = z.object({
  key: z.string(),
  url: z.string(),
  duration_ms: z.int().nonnegative(),
  bytes: z.int().nonnegative(),
});
export type Spoken = z.infer<typeof spokenSchema>;

/** `voice.speak`: a sentence that is to be spoken, or spoken ones that are to become one. */
export const speakRequestSchema = z.union([
  z.object({ text: z.string().min(1) }),
  z.object({ join: z.array(spokenSchema).min(1) }),
]);
export type SpeakRequest = z.infer<typeof speakRequestSchema>;
