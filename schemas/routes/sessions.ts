import { z } from "zod";
import { historyMessageSchema } from "../documents/message.ts";
import { idSchema } from "../ids.ts";
import { contentSchema } from "../wire/client-frame.ts";
import { queueItemSchema } from "../wire/session-frames.ts";
import { defineRoute, fileAnswerSchema } from "./route.ts";

const params = z.object({ id: idSchema.describe("Id of the entry.") });
const ofUser = { user_id: idSchema.optional().describe("Id of the user.") };

/** A session; times are Unix milliseconds. */
const session = z.object({
  id: z.string().describe("Id of the entry."),
  user_id: z.string().describe("Id of the user."),
  title: z.string().describe("Title."),
  is_main: z.boolean().describe("Whether this is the user's main session."),
  created_at: z.int().describe("When it was created, Unix ms."),
  updated_at: z.int().describe("When it was last changed, Unix ms."),
});

/** `POST /api/v1/sessions`. At most one session of a user is the main one: a new one takes it over. */
export const createSession = defineRoute({
  method: "post",
  path: "/api/v1/sessions",
  access: "user",
  area: "sessions",
  name: "create",
  summary: "Create a session",
  query: z.object(ofUser),
  body: z.object({
    session_id: idSchema.optional().describe("Id of the session: `^[A-Za-z0-9_-]{1,64}$`."),
    title: z.string().trim().max(200).optional().describe("Title."),
    is_main: z.boolean().default(false).describe("Whether this is the user's main session."),
  }),
  answer: session,
  status: 201,
});

/** `GET /api/v1/sessions`: the one updated last comes first. Without `limit` as many as fit into one answer. */
export const listSessions = defineRoute({
  method: "get",
  path: "/api/v1/sessions",
  access: "user",
  area: "sessions",
  name: "list",
  summary: "Sessions of a user",
  query: z.object({
    ...ofUser,
    limit: z.coerce
      .number()
      .int()
      .min(1)
      .max(1000)
      .default(1000)
      .describe("Largest number of entries to answer."),
    offset: z.coerce.number().int().min(0).max(1_000_000).default(0).describe("Number of entries to skip."),
  }),
  answer: z.object({
    sessions: z.array(session).describe("The sessions."),
    has_more: z.boolean().describe("Whether there are older entries."),
  }),
});

/** `GET /api/v1/sessions/:id`. */
export const getSession = defineRoute({
  method: "get",
  path: "/api/v1/sessions/:id",
  access: "user",
  area: "sessions",
  name: "get",
  summary: "One session",
  params,
  query: z.object(ofUser),
  answer: session,
});

/** `DELETE /api/v1/sessions`. */
export const deleteSessions = defineRoute({
  method: "del",
  path: "/api/v1/sessions",
  access: "user",
  area: "sessions",
  name: "delete-all",
  summary: "Delete all sessions of a user",
  query: z.object(ofUser),
  answer: z.object({ status: z.literal("deleted").describe("Result of the request.") }),
});

/** `GET /api/v1/sessions/:id/export`: a file to save. */
export const exportSession = defineRoute({
  method: "get",
  path: "/api/v1/sessions/:id/export",
  access: "user",
  area: "sessions",
  name: "export",
  summary: "Download a session as JSON, Markdown or text",
  params,
  query: z.object({
    ...ofUser,
    format: z.enum(["json", "markdown", "txt"]).default("json").describe("Format of the audio or image."),
  }),
  answer: fileAnswerSchema,
  file: true,
});

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
    limit: z.coerce
      .number()
      .int()
      .min(1)
      .max(200)
      .default(50)
      .describe("Largest number of entries to answer."),
    offset: z.coerce.number().int().min(0).max(1_000_000).default(0).describe("Number of entries to skip."),
    before: z
      .union([z.coerce.number().int().positive(), idSchema])
      .optional()
      .describe("Only messages before this one: its `id` or `message_id`."),
  }),
  answer: z.object({
    messages: z.array(historyMessageSchema).describe("The messages, oldest first."),
    has_more: z.boolean().describe("Whether there are older entries."),
  }),
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
  answer: z.object({ status: z.literal("cleared").describe("Result of the request.") }),
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
  answer: z.object({ status: z.literal("deleted").describe("Result of the request.") }),
});

const queueParams = z.object({
  id: idSchema.describe("Id of the session."),
  message_id: idSchema.describe("Id of the waiting message."),
});

/** `GET /api/v1/sessions/:id/queue`: messages that wait; the running one is not among them. */
export const sessionQueueItems = defineRoute({
  method: "get",
  path: "/api/v1/sessions/:id/queue",
  access: "user",
  area: "sessions",
  name: "queue",
  summary: "Messages that wait in a session",
  params,
  query: z.object(ofUser),
  answer: z.object({
    session_id: z.string().describe("Id of the session."),
    items: z.array(queueItemSchema).describe("Waiting messages, the next one first."),
    total: z.int().describe("Number of waiting messages."),
  }),
});

/** `PATCH /api/v1/sessions/:id/queue/:message_id`. A message whose turn has begun: 409 `turn_started`. */
export const changeQueued = defineRoute({
  method: "patch",
  path: "/api/v1/sessions/:id/queue/:message_id",
  access: "user",
  area: "sessions",
  name: "queue-change",
  summary: "Edit or move a waiting message",
  params: queueParams,
  query: z.object(ofUser),
  body: z
    .object({
      content: contentSchema.min(1).optional().describe("Its new text."),
      position: z.int().min(1).optional().describe("Its new position; 1 = next, beyond the end = last."),
    })
    .refine(
      ({ content, position }) => content !== undefined || position !== undefined,
      "content or position is missing",
    ),
  answer: z.object({ success: z.literal(true).describe("Always true; failures are errors.") }),
});

/** `DELETE /api/v1/sessions/:id/queue/:message_id`. A message whose turn has begun: 409 `turn_started`. */
export const cancelQueued = defineRoute({
  method: "del",
  path: "/api/v1/sessions/:id/queue/:message_id",
  access: "user",
  area: "sessions",
  name: "queue-cancel",
  summary: "Take a waiting message out of the queue",
  params: queueParams,
  query: z.object(ofUser),
  answer: z.object({ success: z.literal(true).describe("Always true; failures are errors.") }),
});
