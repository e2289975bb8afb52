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
    q: z.string().trim().min(1).max(200),
    user_id: idSchema.optional(),
    limit: z.coerce.number().int().min(1).max(200).default(50),
    offset: z.coerce.number().int().min(0).max(100_000).default(0),
  }),
  answer: z.object({
    results: z.array(
      z.object({
        message_id: z.string(),
        session_id: z.string(),
        session_title: z.string(),
        role: roleSchema,
        content: z.string(),
        created_at: z.int(),
      }),
    ),
    total: z.int(),
    query: z.string(),
    limit: z.int(),
    offset: z.int(),
  }),
});
