import { z } from "zod";
import { idSchema } from "../ids.ts";

/** Chat platforms that a bridge connects; each name is a surface, too. */
export const platformSchema = z.enum(["qq", "telegram"]);
export type Platform = z.infer<typeof platformSchema>;

/** Ids of the platforms: numbers, of groups and of messages also negative ones. */
export const externalIdSchema = z.string().regex(/^-?\d{1,20}$/, "must be a number");

/** Where a message of a platform came from, and so where its answer goes. */
export const bridgeAddressSchema = z.object({
  platform: platformSchema,
  /** The bot's own id: which connection the answer takes. */
  self: externalIdSchema,
  kind: z.enum(["private", "group"]),
  /** The private partner or the group. */
  chat: externalIdSchema,
  /** Who wrote. */
  sender: externalIdSchema,
  /** The message that is answered. */
  message: externalIdSchema,
});
export type BridgeAddress = z.infer<typeof bridgeAddressSchema>;

/** A message of `bridge.out.<platform>.<self>`: a whole reply that waits until its platform can be reached. */
export const bridgeReplySchema = z.object({
  /** The same for every repetition of one reply. */
  id: z.string(),
  address: bridgeAddressSchema,
  text: z.string(),
});
export type BridgeReply = z.infer<typeof bridgeReplySchema>;

/** What a platform takes. A bridge is one file against this and the interface in `edge/bridge/bridge.ts`. */
export const bridgeTraits = {
  /** QQ cuts or refuses longer texts; clients differ, this is safe with all. */
  qq: { textChars: 3_000, userPrefix: "ext_qq_" },
  telegram: { textChars: 4_096, userPrefix: "ext_telegram_" },
} as const satisfies Record<Platform, { textChars: number; userPrefix: string }>;

/** A document of the collection `bindings`: an account of a platform that speaks as a user; `_id` is `<platform>:<id>`. */
export const bindingSchema = z.object({
  _id: z.string(),
  platform: platformSchema,
  external_id: z.string(),
  user: z.string(),
  at: z.date(),
});
export type BindingDocument = z.infer<typeof bindingSchema>;

/** A document of the collection `bind_codes`; `_id` is the SHA-256 of the code. */
export const bindCodeSchema = z.object({ _id: z.string(), user: z.string(), expires_at: z.date() });
export type BindCodeDocument = z.infer<typeof bindCodeSchema>;

const account = { platform: platformSchema, external_id: externalIdSchema };

/** Requests of a bridge to the actors on `bridge.ask`. `code` binds by a one-time code, `user` a user who proved it. */
export const bridgeAskSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("resolve"), ...account }),
  z.object({
    kind: z.literal("bind"),
    ...account,
    code: z.string().max(64).optional(),
    user: idSchema.optional(),
  }),
  z.object({ kind: z.literal("unbind"), ...account }),
  /** A code that others may have read is worth nothing any more. */
  z.object({ kind: z.literal("burn"), ...account, code: z.string().max(64) }),
]);
export type BridgeAsk = z.infer<typeof bridgeAskSchema>;

/** Answer: the user that the account is bound to now; `unavailable`: it can't be known at the moment. */
export const bridgeAnswerSchema = z.object({
  user: z.string().nullable(),
  unavailable: z.literal(true).optional(),
});
export type BridgeAnswer = z.infer<typeof bridgeAnswerSchema>;
