import { z } from "zod";
import { errorBodySchema } from "../errors.ts";
import { idSchema } from "../ids.ts";
import { audioFormatSchema, spokenLanguageSchema } from "../wire/voice-format.ts";
import { originSchema } from "./out-item.ts";

/** `voice.stream.start`: opens a speech stream. Results are sent to `to`. */
export const voiceStreamStartSchema = z.object({
  to: originSchema,
  format: audioFormatSchema,
  language: spokenLanguageSchema,
  /** Whether the client wants interim results. */
  interims: z.boolean(),
});
export type VoiceStreamStart = z.infer<typeof voiceStreamStartSchema>;

/** Its answer: the id of the stream, whose subject addresses one process. */
export const voiceStreamOpenedSchema = z.object({ stream: idSchema });
export type VoiceStreamOpened = z.infer<typeof voiceStreamOpenedSchema>;

/** Requests to one stream. `object`: the whole audio is in the bulk store. `beat`: heartbeat. */
export const voiceStreamPartSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("chunk"), sequence: z.int().nonnegative().optional(), audio: z.string() }),
  z.object({ kind: z.literal("object"), object: z.string() }),
  z.object({ kind: z.literal("end") }),
  z.object({ kind: z.literal("beat") }),
  z.object({ kind: z.literal("drop") }),
]);
export type VoiceStreamPart = z.infer<typeof voiceStreamPartSchema>;

/** Answer to each request: the stream is alive. */
export const voicePartTakenSchema = z.object({ ok: z.literal(true) });

/**
 * Messages of a stream: interim text, that its length limit is reached (`full`) or that it was idle too long
 * (`idle`), the final text, or its failure.
 */
export const voiceHeardSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("interim"), text: z.string() }),
  z.object({ kind: z.literal("full") }),
  z.object({ kind: z.literal("idle") }),
  z.object({ kind: z.literal("final"), text: z.string() }),
  z.object({ kind: z.literal("failed"), error: errorBodySchema }),
]);
export type VoiceHeard = z.infer<typeof voiceHeardSchema>;

/** Synthesised speech in the cache: its address for devices, and its duration. */
export const spokenSchema = z.object({
  key: z.string(),
  url: z.string(),
  duration_ms: z.int().nonnegative(),
  bytes: z.int().nonnegative(),
});
export type Spoken = z.infer<typeof spokenSchema>;

/** `voice.speak`: a sentence to synthesise, or synthesised sentences to join. */
export const speakRequestSchema = z.union([
  z.object({ text: z.string().min(1) }),
  z.object({ join: z.array(spokenSchema).min(1) }),
]);
export type SpeakRequest = z.infer<typeof speakRequestSchema>;
