import { z } from "zod";
import { roleSchema } from "./message.ts";

/** MongoDB collection of the search index. */
export const messageIndexCollection = "message_index";

/**
 * What a search finds a message by; the message itself is in its turn. `text` is the content, normalized as queries are;
 * `at` is Unix milliseconds. A reply that was replaced keeps a row without terms, which a late event can't fill again.
 */
export const indexedMessageSchema = z.object({
  _id: z.object({ user: z.string(), session: z.string(), message_id: z.string() }),
  n: z.int().nonnegative(),
  role: roleSchema,
  at: z.int(),
  text: z.string(),
  terms: z.array(z.string()),
});
export type IndexedMessage = z.infer<typeof indexedMessageSchema>;
