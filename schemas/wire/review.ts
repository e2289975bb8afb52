import { z } from "zod";

/** One piece of a reply by its kind, as a client shows it. `delay_ms`: pause before it, in ms. */
export const reviewMessageSchema = z.object({
  type: z.enum(["action", "chat", "markdown", "code", "search_result"]).describe("How the part is shown."),
  content: z.string().describe("Text of the part."),
  delay_ms: z
    .int()
    .nonnegative()
    .describe("How long a client waits before it shows the part, in milliseconds."),
  metadata: z
    .object({
      language: z.string().optional().describe("Programming language of the code."),
      url: z.string().optional().describe("Address."),
    })
    .optional()
    .describe("Details of the part, such as the language of code."),
});
export type ReviewMessage = z.infer<typeof reviewMessageSchema>;

/** One sentence of a reply; the audio is there in voice modes. */
export const segmentSchema = z.object({
  index: z.int().nonnegative().describe("Position in the list, from 0."),
  text: z.string().describe("The text."),
  audio_url: z.string().optional().describe("Address of the spoken sentence."),
  duration_ms: z.int().nonnegative().optional().describe("Duration in milliseconds."),
});
export type Segment = z.infer<typeof segmentSchema>;
