import { z } from "zod";
import { roleSchema } from "../documents/message.ts";
import { idSchema } from "../ids.ts";
import { defineRoute } from "./route.ts";

/**
 * `GET /api/v1/messages/search`: messages that hold all words of `q`, best first. `q` is text, never a pattern.
 * `content` is the message, or the part around the place where it is too long.
 */
export const searchMessages = defineRoute({
  method: "get",
  path: "/api/v1/messages/search",
  access: "user",
  area: "search",
  name: "messages",
  summary: "Search one's messages",
  query: z.object({
    q: z.string().trim().min(1).max(200).describe("Text to search for."),
    user_id: idSchema.optional().describe("Id of the user."),
    limit: z.coerce
      .number()
      .int()
      .min(1)
      .max(200)
      .default(50)
      .describe("Largest number of entries to answer."),
    offset: z.coerce.number().int().min(0).max(100_000).default(0).describe("Number of entries to skip."),
  }),
  answer: z.object({
    results: z
      .array(
        z.object({
          message_id: z.string().describe("Id of the message."),
          session_id: z.string().describe("Id of the session: `^[A-Za-z0-9_-]{1,64}$`."),
          session_title: z.string().describe("Title of the session."),
          role: roleSchema.describe("Who says it."),
          content: z.string().describe("Text of the message."),
          created_at: z.int().describe("When it was created, Unix ms."),
        }),
      )
      .describe("What was found, best first."),
    total: z.int().describe("Number of entries in all, regardless of paging."),
    query: z.string().describe("Text to search for."),
    limit: z.int().describe("Largest number of entries to answer."),
    offset: z.int().describe("Number of entries to skip."),
  }),
});
