import { z } from "zod";
import { roleSchema } from "./message.ts";

/** MongoDB collection of the search index. */
export const messageIndexCollection = "message_index";

/**
 * What a search finds a message by; the message itself is in its turn. `text` is the content, normalized as queries are;
 * `at` is Unix milliseconds. A reply that was replaced keeps a row without terms, which a late event can't fill again.
 */
export const indexedMessageSchema = z.object({
  _id: z
    .object({
      user: z.string().describe("Id of the user."),
      session: z.string().describe("Id of the session."),
      message_id: z.string().describe("Id of the message."),
    })
    .describe("Key of the document."),
  n: z.int().nonnegative().describe("Number of the turn in its session, without gaps."),
  role: roleSchema.describe("Who says it."),
  at: z.int().describe("When it happened."),
  text: z.string().describe("The text."),
  terms: z.array(z.string()).describe("Words by which it is found."),
});
export type IndexedMessage = z.infer<typeof indexedMessageSchema>;
