import { z } from "zod";
import { approvalFields, approvalOutcomeSchema } from "../documents/approval.ts";
import { clientInfoSchema } from "./client-frame.ts";

const session_id = z.string().describe("Id of the session.");
const timestamp = z.int().describe("When it was sent, Unix milliseconds.");

/** A message that waits in a session's queue; the running one is not among them. */
export const queueItemSchema = z.object({
  message_id: z.string().describe("Id of the message."),
  client_msg_id: z.string().describe("Id of the message, chosen by its sender."),
  content: z.string().describe("Text of the message."),
  queue_position: z.int().positive().describe("Position in the session's queue; 1 = next."),
  client_info: clientInfoSchema.optional().describe("Client that sent the message."),
});
export type QueueItem = z.infer<typeof queueItemSchema>;

/** The queue of a session: the answer to `queue`, and sent to all devices after each change. */
export const queueFrameSchema = z.object({
  type: z.literal("queue").describe("Kind of the frame."),
  session_id,
  items: z
    .array(queueItemSchema)
    .describe("Waiting messages, the next one first; the running one is not there."),
  timestamp,
});

/** A tool call waits for the user's consent; every device gets it, and one of them answers. */
export const approvalFrameSchema = z.object({
  type: z.literal("approval").describe("Kind of the frame."),
  session_id,
  message_id: z.string().describe("`message_id` of the reply that waits."),
  ...approvalFields,
  timestamp,
});

/** An approval was answered on some device, or has expired. */
export const approvalDecidedFrameSchema = z.object({
  type: z.literal("approval_decided").describe("Kind of the frame."),
  session_id,
  approval_id: z.string().describe("Id of the approval."),
  decision: approvalOutcomeSchema.describe("How it ended."),
  timestamp,
});
