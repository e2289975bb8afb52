import { z } from "zod";
import { idSchema } from "../ids.ts";
import { platformNames } from "../platforms.ts";

/** Chat platforms with a bridge; each name is a surface, too. */
export const platformSchema = z.enum(platformNames);
export type Platform = z.infer<typeof platformSchema>;

/** Id of a platform in its own format: a number on some, a string on others. */
export const externalIdSchema = z
  .string()
  .regex(/^[!-~]{1,128}$/, "must be 1 to 128 characters without spaces");

/** Origin of a platform's message, and destination of its reply. */
export const bridgeAddressSchema = z.object({
  platform: platformSchema.describe("Chat platform."),
  self: externalIdSchema.describe("The bot's own id: which connection the answer takes."),
  kind: z.enum(["private", "group"]).describe("Whether others read the chat."),
  chat: externalIdSchema.describe("The private partner or the group."),
  sender: externalIdSchema.describe("Who wrote."),
  message: externalIdSchema.describe("The message that is answered."),
  thread: externalIdSchema.optional().describe("Topic or thread of the chat in which it was written."),
});
export type BridgeAddress = z.infer<typeof bridgeAddressSchema>;

/** A message of `bridge.out.<platform>.<self>`: a complete reply, queued until its platform is reachable. */
export const bridgeReplySchema = z.object({
  id: z.string().describe("The same for every repetition of one reply."),
  address: bridgeAddressSchema.describe("Where in the platform's chat the reply goes."),
  text: z.string().describe("The text, Markdown."),
});
export type BridgeReply = z.infer<typeof bridgeReplySchema>;

/** A document of `bindings`: a platform account bound to a user; `_id` is `<platform>:<id>`. */
export const bindingSchema = z.object({
  _id: z.string().describe("Key of the document."),
  platform: platformSchema.describe("Chat platform."),
  external_id: z.string().describe("Id of the account on its platform."),
  user: z.string().describe("Id of the user."),
  at: z.date().describe("When it happened."),
});
export type BindingDocument = z.infer<typeof bindingSchema>;

/** A document of the collection `bind_codes`; `_id` is the SHA-256 of the code. */
export const bindCodeSchema = z.object({
  _id: z.string().describe("Key of the document."),
  user: z.string().describe("Id of the user."),
  expires_at: z.date().describe("When the store removes it."),
});
export type BindCodeDocument = z.infer<typeof bindCodeSchema>;

const account = {
  platform: platformSchema.describe("Chat platform."),
  external_id: externalIdSchema.describe("Id of the account on its platform."),
};

/**
 * Requests of a bridge to the actors on `bridge.ask`. `code` binds by a one-time code, `user` an
 * authenticated user.
 */
export const bridgeAskSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("resolve").describe("Kind of the entry."), ...account }),
  z.object({
    kind: z.literal("bind").describe("Kind of the entry."),
    ...account,
    code: z.string().max(64).optional().describe("One-time code that binds a platform account to a user."),
    user: idSchema.optional().describe("Id of the user."),
  }),
  z.object({ kind: z.literal("unbind").describe("Kind of the entry."), ...account }),
  /** Invalidates a code that others may have read. */
  z.object({
    kind: z.literal("burn").describe("Kind of the entry."),
    ...account,
    code: z.string().max(64).describe("One-time code that binds a platform account to a user."),
  }),
]);
export type BridgeAsk = z.infer<typeof bridgeAskSchema>;

/** Answer: the user that the account is bound to; `unavailable`: unknown at present. */
export const bridgeAnswerSchema = z.object({
  user: z.string().nullable().describe("Id of the user."),
  unavailable: z.literal(true).optional().describe("The store could not be asked; try again later."),
});
export type BridgeAnswer = z.infer<typeof bridgeAnswerSchema>;
