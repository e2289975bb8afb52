import { z } from "zod";
import { attachmentSchema, clientInfoSchema } from "../wire/client-frame.ts";
import { reviewMessageSchema } from "../wire/review.ts";

/** How a client shows a text; filled by the server on every frame that carries text. */
export const msgTypeSchema = z.enum([
  "chat",
  "action",
  "thinking",
  "tool_progress",
  "system_info",
  "markdown",
  "code",
]);
export type MsgType = z.infer<typeof msgTypeSchema>;

export const roleSchema = z.enum(["user", "assistant", "action", "system"]);

/** Why a reply ended: completed, stopped, or failed on all models. */
export const finishReasonSchema = z.enum(["stop", "cancelled", "failed"]);
export type FinishReason = z.infer<typeof finishReasonSchema>;

/** Times of a turn, Unix ms: queue, model and commit time are the differences between them. */
export const timingSchema = z.object({
  accepted_at: z.int().describe("When the edge accepted the message, Unix ms."),
  started_at: z.int().describe("When its turn began, Unix ms."),
  first_token_at: z
    .int()
    .nullable()
    .describe("When the first piece of the reply came, Unix ms; null without one."),
  committed_at: z.int().describe("When the finished turn was handed to the store, Unix ms."),
});
export type Timing = z.infer<typeof timingSchema>;

/** One message of a committed turn. `id` is dense in its session, `created_at` is Unix milliseconds. */
export const storedMessageSchema = z.object({
  id: z.int().positive().describe("Number of the message in its session, without gaps."),
  message_id: z.string().describe("Id of the message."),
  role: roleSchema.describe("Who says it."),
  msg_type: msgTypeSchema.describe("How clients show the text."),
  content: z.string().describe("Text of the message."),
  created_at: z.int().describe("When it was stored, Unix milliseconds."),
  client_msg_id: z
    .string()
    .optional()
    .describe("Id of the message, chosen by its sender. A repeated one is the same message and runs once."),
  attachments: z.array(attachmentSchema).optional().describe("Files and images of the message."),
  client_info: clientInfoSchema.optional().describe("Client that sent the message."),
  finish_reason: finishReasonSchema.optional().describe("How the reply ended."),
  model: z.string().optional().describe("Id of the model."),
});
export type StoredMessage = z.infer<typeof storedMessageSchema>;

/** A message as history shows it; one that is accepted and unfinished has `status` and no `id`. */
export const historyMessageSchema = storedMessageSchema.omit({ id: true }).extend({
  timing: timingSchema.optional().describe("Of a reply: when its turn was accepted, started and committed."),
  id: z.int().positive().optional().describe("Number of the message in its session, without gaps."),
  session_id: z.string().describe("Id of the session: `^[A-Za-z0-9_-]{1,64}$`."),
  status: z.enum(["queued", "processing"]).optional().describe("State of the entry."),
  review_messages: z
    .array(reviewMessageSchema)
    .optional()
    .describe("Pieces of a reply that has several kinds of text, as the frame `review` gives them."),
});
export type HistoryMessage = z.infer<typeof historyMessageSchema>;
