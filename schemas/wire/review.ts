import { z } from "zod";

/** One piece of a reply by its kind, as a client shows it. `delay_ms`: pause before it, in ms. */
export const reviewMessageSchema = z.object({
  type: z.enum(["action", "chat", "markdown", "code", "search_result"]),
  content: z.string(),
  delay_ms: z.int().nonnegative(),
  metadata: z.object({ language: z.string().optional(), url: z.string().optional() }).optional(),
});
export type ReviewMessage = z.infer<typeof reviewMessageSchema>;

/** One sentence of a reply; the audio is there in voice modes. */
export const segmentSchema = z.object({
  index: z.int().nonnegative(),
  text: z.string(),
  audio_url: z.string().optional(),
  duration_ms: z.int().nonnegative().optional(),
});
export type Segment = z.infer<typeof segmentSchema>;
