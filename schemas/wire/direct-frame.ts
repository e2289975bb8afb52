import { z } from "zod";
import { historyMessageSchema } from "../documents/message.ts";
import { errorFrameSchema, systemInfoSchema } from "./server-frame.ts";

const timestamp = z.int();
const session_id = z.string();
const message_id = z.string();

/** State of a message that was sent before: the answer to a repeated `client_msg_id`. */
export const messageStatusSchema = z.enum(["queued", "processing", "completed", "unknown"]);

/** What was understood of the user's words; `message_id` names the utterance, `client_msg_id` the message it becomes. */
function spokenFrame<Type extends string>(type: Type) {
  return z.object({
    type: z.literal(type),
    message_id,
    session_id,
    client_msg_id: z.string(),
    text: z.string(),
    timestamp,
  });
}

/** Frames that answer one socket; of these only `accepted` (in place of an echo) may carry `seq` and `prev`. */
export const directFrameSchema = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("connected"),
    session_id,
    epoch: z.string(),
    seq: z.int().nonnegative(),
    recovered: z.boolean(),
    timestamp,
  }),
  z.object({
    type: z.literal("accepted"),
    client_msg_id: z.string(),
    message_id,
    session_id,
    seq: z.int().optional(),
    prev: z.int().optional(),
    duplicate: z.boolean().optional(),
    status: messageStatusSchema.optional(),
    queue_position: z.int().positive().optional(),
    text: z.string().optional(),
    timestamp,
  }),
  /** Something that all need is away, or back; about one turn it comes in the stream. */
  z.object({
    type: z.literal("system_info"),
    msg_type: z.literal("system_info"),
    system_info: systemInfoSchema,
    timestamp,
  }),
  z.object({ type: z.literal("pong"), timestamp }),
  spokenFrame("voice_transcript"),
  spokenFrame("voice_interim"),
  spokenFrame("voice_final"),
  errorFrameSchema,
  z.object({
    type: z.literal("history_response"),
    session_id,
    msg_type: z.literal("chat"),
    messages: z.array(historyMessageSchema),
    has_more: z.boolean(),
    timestamp,
  }),
]);
export type DirectFrame = z.infer<typeof directFrameSchema>;
