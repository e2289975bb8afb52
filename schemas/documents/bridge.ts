import { z } from "zod";
import { idSchema } from "../ids.ts";
import { platformNames } from "../platforms.ts";

/** Chat platforms that a bridge connects; each name is a surface, too. */
export const platformSchema = z.enum(platformNames);
export type Platform = z.infer<typeof platformSchema>;

/** Id of a platform, as the platform writes it: a number on some, a text on others. */
export const externalIdSchema = z
  .string()
  .regex(/^[!-~]{1,128}$/, "must be 1 to 128 characters without spaces");

/** Where a message of a platform came from, and so where its answer goes. */
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

/** A message of `bridge.out.<platform>.<self>`: a whole reply that waits until its platform can be reached. */
export const bridgeReplySchema = z.object({
  id: z.string().describe("The same for every repetition of one reply."),
  address: bridgeAddressSchema.describe("Where in the platform's chat the reply goes."),
  text: z.string().describe("The text, Markdown."),
});
export type BridgeReply = z.infer<typeof bridgeReplySchema>;

/** A document of the collection `bindings`: an account of a platform that speaks as a user; `_id` is `<platform>:<id>`. */
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

/** Requests of a bridge to the actors on `bridge.ask`. `code` binds by a one-time code, `user` a user who proved it. */
export const bridgeAskSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("resolve").describe("Kind of the entry."), ...account }),
  z.object({
    kind: z.literal("bind").describe("Kind of the entry."),
    ...account,
    code: z.string().max(64).optional().describe("One-time code that binds a platform account to a user."),
    user: idSchema.optional().describe("Id of the user."),
  }),
  z.object({ kind: z.literal("unbind").describe("Kind of the entry."), ...account }),
  /** A code that others may have read is worth nothing any more. */
  z.object({
    kind: z.literal("burn").describe("Kind of the entry."),
    ...account,
    code: z.string().max(64).describe("One-time code that binds a platform account to a user."),
  }),
]);
export type BridgeAsk = z.infer<typeof bridgeAskSchema>;

/** Answer: the user that the account is bound to now; `unavailable`: it can't be known at the moment. */
export const bridgeAnswerSchema = z.object({
  user: z.string().nullable().describe("Id of the user."),
  unavailable: z.literal(true).optional().describe("The store could not be asked; try again later."),
});
export type BridgeAnswer = z.infer<typeof bridgeAnswerSchema>;
