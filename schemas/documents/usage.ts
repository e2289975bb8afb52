import { z } from "zod";

/** What one user used of one model on one day (UTC, `YYYY-MM-DD`): a document of the collection `usage`. */
export const usageDocumentSchema = z.object({
  _id: z.object({ user: z.string(), day: z.string(), model: z.string() }),
  turns: z.int(),
  prompt_tokens: z.int(),
  completion_tokens: z.int(),
});
export type UsageDocument = z.infer<typeof usageDocumentSchema>;
