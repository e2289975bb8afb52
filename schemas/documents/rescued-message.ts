import { z } from "zod";

/** Collection of messages on their way to a later place of their stream. */
export const rescuedCollection = "rescued_messages";

/** A message that was stored under a sequence that had been used before its stream lost its content. */
export const rescuedMessageSchema = z.object({
  _id: z.object({ stream: z.string(), life: z.string(), seq: z.int().positive() }),
  subject: z.string(),
  payload: z.string().describe("the message, UTF-8"),
});
export type RescuedMessage = z.infer<typeof rescuedMessageSchema>;
