import { z } from "zod";
import { attachmentSchema, clientInfoSchema } from "../wire/client-frame.ts";

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

/** Why a reply ended: of itself, by a stop, or because no model could finish it. */
export const finishReasonSchema = z.enum(["stop", "cancelled", "failed"]);
export type FinishReason = z.infer<typeof finishReasonSchema>;

/** One message of a committed turn. `id` is dense in its session, `created_at` is Unix milliseconds. */
export const storedMessageSchema = z.object({
  id: z.int().positive(),
  message_id: z.string(),
  role: roleSchema,
  msg_type: msgTypeSchema,
  content: z.string(),
  created_at: z.int(),
  client_msg_id: z.string().optional(),
  attachments: z.array(attachmentSchema).optional(),
  client_info: clientInfoSchema.optional(),
  finish_reason: finishReasonSchema.optional(),
  model: z.string().optional(),
});
export type StoredMessage = z.infer<typeof storedMessageSchema>;

/** A message as history shows it; one that is accepted and unfinished has `status` and no `id`. */
export const historyMessageSchema = storedMessageSchema.omit({ id: true }).extend({
  id: z.int().positive().optional(),
  session_id: z.string(),
  status: z.enum(["queued", "processing"]).optional(),
});
export type HistoryMessage = z.infer<typeof historyMessageSchema>;
