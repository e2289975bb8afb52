import { z } from "zod";
import { errorBodySchema } from "./errors.ts";
import { idSchema } from "./ids.ts";
import { originSchema } from "./server-frame.ts";
import { audioFormatSchema, spokenLanguageSchema } from "./voice-format.ts";

/** An error in place of an answer. */
const refusalSchema = z.object({ refused: errorBodySchema });

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
export const voiceStreamOpenedSchema = z.union([z.object({ stream: idSchema }), refusalSchema]);
export type VoiceStreamOpened = z.infer<typeof voiceStreamOpenedSchema>;

/** Requests to one stream. `object`: all of the audio is in the bulk store. `beat`: is the stream still there? */
export const voiceStreamPartSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("chunk"), sequence: z.int().nonnegative().optional(), audio: z.string() }),
  z.object({ kind: z.literal("object"), name: z.string() }),
  z.object({ kind: z.literal("end") }),
  z.object({ kind: z.literal("beat") }),
  z.object({ kind: z.literal("drop") }),
]);
export type VoiceStreamPart = z.infer<typeof voiceStreamPartSchema>;

/** Answer to each part. `full`: it takes no more, and has ended as if it had been told to. */
export const voicePartTakenSchema = z.object({ full: z.boolean().optional() });
export type VoicePartTaken = z.infer<typeof voicePartTakenSchema>;

/** What a stream tells: text while it goes on, then the whole, or that it failed. */
export const voiceHeardSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("interim"), text: z.string() }),
  z.object({ kind: z.literal("final"), text: z.string() }),
  z.object({ kind: z.literal("failed"), error: errorBodySchema }),
]);
export type VoiceHeard = z.infer<typeof voiceHeardSchema>;

/** `voice.speak`: a sentence that is to be spoken, or spoken ones (`join`) that are to become one. */
export const speakRequestSchema = z.union([
  z.object({ text: z.string().min(1) }),
  z.object({ join: z.array(z.string()).min(1) }),
]);
export type SpeakRequest = z.infer<typeof speakRequestSchema>;

/** Spoken text: its key in the speech cache, where devices fetch it, and how long it takes. */
export const spokenSchema = z.object({
  key: z.string(),
  audio_url: z.string(),
  duration_ms: z.int().nonnegative(),
});
export type Spoken = z.infer<typeof spokenSchema>;
export const speakAnswerSchema = z.union([spokenSchema, refusalSchema]);
