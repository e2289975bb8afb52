import { z } from "zod";
import { finishReasonSchema, storedMessageSchema } from "../documents/message.ts";
import { surfaceSchema } from "./session-input.ts";

/** A committed turn. Consumers are idempotent by `id` = `<user>.<session>.<n>.completed`. */
export const turnCompletedSchema = z.object({
  id: z.string(),
  user: z.string(),
  session: z.string(),
  n: z.int().nonnegative(),
  surface: surfaceSchema.optional(),
  finish_reason: finishReasonSchema,
  messages: z.array(storedMessageSchema),
  /** `message_id` of the reply that the one here replaces. */
  replaces: z.string().optional(),
  usage: z.object({ prompt_tokens: z.int(), completion_tokens: z.int() }).optional(),
  at: z.int(),
});
export type TurnCompleted = z.infer<typeof turnCompletedSchema>;

/** Most turns in one event. */
export const turnsPerEvent = 64;

/** `event.turn.completed.<user>`: turns of one user that were committed at about the same time, in their order. */
export const turnsCompletedSchema = z.object({
  turns: z.array(turnCompletedSchema).min(1).max(turnsPerEvent),
});
