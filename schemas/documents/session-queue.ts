import { z } from "zod";
import { idSchema } from "../ids.ts";
import { contentSchema } from "../wire/client-frame.ts";

/**
 * An entry of a session's queue that differs from the log: it was edited, cancelled, or moved. Turns run in
 * order of `seq`.
 */
export const queueSlotSchema = z.object({
  seq: z.int().describe("Place in the log at which the turn runs."),
  input_seq: z.int().describe("Sequence of the message that runs there."),
  edit_seq: z.int().optional().describe("Sequence of the change that holds its new text."),
  cancelled: z.literal(true).optional().describe("It was taken out of the queue: no model is asked."),
  client_msg_id: z.string().describe("Id of the message, chosen by its sender."),
  message_id: z.string().describe("Id of the message."),
  reply_id: z.string().describe("`message_id` of its reply."),
});
export type QueueSlot = z.infer<typeof queueSlotSchema>;

/** Changes applied to a queue; every turn stores those that still matter. */
export const queueStateSchema = z.object({
  slots: z.array(queueSlotSchema).describe("Places that were changed and are not finished."),
  applied: z.array(z.int()).describe("Sequences of applied changes that the log may still hold."),
  done: z.array(z.int()).describe("Sequences of finished messages that stand behind the cursor in the log."),
});
export type QueueState = z.infer<typeof queueStateSchema>;

/** What a change does to a waiting message. */
export const queueActionSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("cancel").describe("Take it out of the queue.") }),
  z.object({
    kind: z.literal("edit").describe("Replace its text."),
    content: contentSchema.min(1).describe("The new text."),
  }),
  z.object({
    kind: z.literal("move").describe("Move it."),
    position: z.int().min(1).describe("New position; 1 = next."),
  }),
]);
export type QueueAction = z.infer<typeof queueActionSchema>;

/** A change of a session's queue, as stored in its log. */
export const queueChangeSchema = z.object({
  kind: z.literal("queue_change").describe("Kind of the entry."),
  user: idSchema.describe("The user whose session it is."),
  session: idSchema.describe("Id of the session."),
  change_id: idSchema.describe("Id of the change: a repetition is the same change."),
  message_id: idSchema.describe("Id of the message that is changed."),
  action: queueActionSchema.describe("What is done to it."),
  at: z.int().describe("When it was accepted, Unix ms."),
});
export type QueueChange = z.infer<typeof queueChangeSchema>;

/** Result of a change; `pending`: its owner has not decided yet. */
export const queueOutcomeSchema = z.enum(["applied", "turn_started", "not_found", "pending"]);
export type QueueOutcome = z.infer<typeof queueOutcomeSchema>;
