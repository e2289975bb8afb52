import { z } from "zod";
import { historyMessageSchema } from "../documents/message.ts";
import { attachmentSchema, clientInfoSchema } from "./client-frame.ts";
import { errorFrameSchema, systemInfoSchema } from "./server-frame.ts";
import { queueFrameSchema } from "./session-frames.ts";

const timestamp = z.int();
const session_id = z.string();
const message_id = z.string();

/** State of a message that was sent before: the answer to a repeated `client_msg_id`. */
export const messageStatusSchema = z.enum(["queued", "processing", "completed", "unknown"]);

/** What was understood of the user's words; `message_id` names the utterance, `client_msg_id` the message it becomes. */
function spokenFrame<Type extends string>(type: Type) {
  return z.object({
    type: z.literal(type).describe("Kind of the frame."),
    message_id: message_id.describe("Id of the message."),
    session_id: session_id.describe("Id of the session: `^[A-Za-z0-9_-]{1,64}$`."),
    client_msg_id: z
      .string()
      .describe("Id of the message, chosen by its sender. A repeated one is the same message and runs once."),
    text: z.string().describe("The text."),
    timestamp: timestamp.describe("When it was sent, Unix milliseconds."),
  });
}

/** Frames that answer one socket; of these only `accepted` (in place of an echo) may carry `seq` and `prev`. */
export const directFrameSchema = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("connected").describe("Kind of the frame."),
    session_id: session_id.describe("Id of the session: `^[A-Za-z0-9_-]{1,64}$`."),
    epoch: z.string().describe("Life of the user's stream. Sequences of different epochs can't be compared."),
    seq: z.int().nonnegative().describe("Position in the user's stream."),
    recovered: z.boolean().describe("Whether every frame since the position in `resume` follows."),
    timestamp: timestamp.describe("When it was sent, Unix milliseconds."),
  }),
  z.object({
    type: z.literal("accepted").describe("Kind of the frame."),
    client_msg_id: z
      .string()
      .describe("Id of the message, chosen by its sender. A repeated one is the same message and runs once."),
    message_id: message_id.describe("Id of the message."),
    session_id: session_id.describe("Id of the session: `^[A-Za-z0-9_-]{1,64}$`."),
    seq: z.int().optional().describe("Position in the user's stream."),
    prev: z
      .int()
      .optional()
      .describe("`seq` of the frame before it in the user's stream. A gap means that a frame was missed."),
    client_info: clientInfoSchema
      .optional()
      .describe("Client that sent the message, as shown on the user's other devices."),
    attachments: z
      .array(attachmentSchema)
      .optional()
      .describe("Files and images of the message, with their types and addresses."),
    duplicate: z
      .boolean()
      .optional()
      .describe("Whether the message was accepted before; `status` says what became of it."),
    status: messageStatusSchema.optional().describe("State of the entry."),
    queue_position: z.int().positive().optional().describe("Position in the session's queue; 1 = next."),
    text: z.string().optional().describe("The text."),
    timestamp: timestamp.describe("When it was sent, Unix milliseconds."),
  }),
  /** Something that all need is away, or back; about one turn it comes in the stream. */
  z.object({
    type: z.literal("system_info").describe("Kind of the frame."),
    msg_type: z.literal("system_info").describe("How clients show the text."),
    system_info: systemInfoSchema.describe("Notice for the user."),
    timestamp: timestamp.describe("When it was sent, Unix milliseconds."),
  }),
  z.object({
    type: z.literal("pong").describe("Kind of the frame."),
    timestamp: timestamp.describe("When it was sent, Unix milliseconds."),
  }),
  spokenFrame("voice_transcript"),
  spokenFrame("voice_interim"),
  spokenFrame("voice_final"),
  errorFrameSchema,
  queueFrameSchema,
  z.object({
    type: z.literal("history_response").describe("Kind of the frame."),
    session_id: session_id.describe("Id of the session: `^[A-Za-z0-9_-]{1,64}$`."),
    msg_type: z.literal("chat").describe("How clients show the text."),
    messages: z.array(historyMessageSchema).describe("The messages, oldest first."),
    has_more: z.boolean().describe("Whether there are older entries."),
    timestamp: timestamp.describe("When it was sent, Unix milliseconds."),
  }),
]);
export type DirectFrame = z.infer<typeof directFrameSchema>;
