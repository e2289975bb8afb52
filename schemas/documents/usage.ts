import { z } from "zod";

/** What one user used of one model on one day (UTC, `YYYY-MM-DD`): a document of the collection `usage`. */
export const usageDocumentSchema = z.object({
  _id: z
    .object({
      user: z.string().describe("Id of the user."),
      day: z.string().describe("Use of the current day."),
      model: z.string().describe("Id of the model."),
    })
    .describe("Key of the document."),
  turns: z.int().describe("Number of turns."),
  prompt_tokens: z.int().describe("Tokens of the request."),
  completion_tokens: z.int().describe("Tokens of the reply."),
});
export type UsageDocument = z.infer<typeof usageDocumentSchema>;
