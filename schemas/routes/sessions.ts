import { z } from "zod";
import { idSchema } from "../ids.ts";
import { historyMessageSchema } from "../message.ts";
import { defineRoute } from "./route.ts";

const params = z.object({ id: idSchema });
const ofUser = { user_id: idSchema.optional() };

/** `GET /api/v1/sessions/:id/messages`: each page is oldest first, `offset` counts from the newest message back. */
export const sessionMessages = defineRoute({
  method: "get",
  path: "/api/v1/sessions/:id/messages",
  access: "user",
  area: "sessions",
  name: "messages",
  summary: "Messages of a session",
  params,
  query: z.object({
    ...ofUser,
    limit: z.coerce.number().int().min(1).max(200).default(50),
    offset: z.coerce.number().int().min(0).max(1_000_000).default(0),
    before: z.union([z.coerce.number().int().positive(), idSchema]).optional(),
  }),
  answer: z.object({ messages: z.array(historyMessageSchema), has_more: z.boolean() }),
});

/** `DELETE /api/v1/sessions/:id/messages`. */
export const clearSession = defineRoute({
  method: "del",
  path: "/api/v1/sessions/:id/messages",
  access: "user",
  area: "sessions",
  name: "clear",
  summary: "Erase all messages of a session",
  params,
  query: z.object(ofUser),
  answer: z.object({ status: z.literal("cleared") }),
});

/** `DELETE /api/v1/sessions/:id`. */
export const deleteSession = defineRoute({
  method: "del",
  path: "/api/v1/sessions/:id",
  access: "user",
  area: "sessions",
  name: "delete",
  summary: "Delete a session, what it holds and what is queued in it",
  params,
  query: z.object(ofUser),
  answer: z.object({ status: z.literal("deleted") }),
});
