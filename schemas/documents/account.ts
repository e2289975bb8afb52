import { z } from "zod";
import { idSchema } from "../ids.ts";
import { principalSchema } from "../principal.ts";

/** MongoDB collections of accounts. */
export const accountCollections = {
  users: "users",
  apiKeys: "api_keys",
  tokenFamilies: "token_families",
  refreshUses: "refresh_uses",
} as const;

/** User names that can be registered. */
export const usernamePattern = /^[a-zA-Z0-9_]{3,32}$/;

/**
 * A user; `_id` is the `user_id`. The administrator's has no name and no password: the settings hold those. A deleted
 * user's stays, without what is personal, so that the name stays taken and later tokens meet it.
 */
export const userSchema = z.object({
  _id: idSchema,
  username: z.string().optional(),
  /** The name in lower case, unique: names that differ in case alone would pass for one another. */
  name_key: z.string().optional(),
  email: z.string().optional(),
  nickname: z.string().optional(),
  password_hash: z.string().optional(),
  /** IANA name; without one the default zone holds. */
  time_zone: z.string().optional(),
  created_at: z.date(),
  deleted_at: z.date().optional(),
});
export type UserDocument = z.infer<typeof userSchema>;

/** An API key; only the SHA-256 of it (hex) is kept. */
export const apiKeySchema = z.object({
  _id: idSchema,
  user_id: idSchema,
  name: z.string(),
  hash: z.string(),
  created_at: z.date(),
});
export type ApiKeyDocument = z.infer<typeof apiKeySchema>;

/** A revoked family of tokens; one that has no document is not revoked. */
export const tokenFamilySchema = z.object({
  _id: z.string(),
  user_id: idSchema,
  revoked_at: z.date(),
  expires_at: z.date(),
});
export type TokenFamilyDocument = z.infer<typeof tokenFamilySchema>;

/** A refresh token (`_id` is its `jti`) that was used; `by` is the request that was first, `at` MongoDB's clock. */
export const refreshUseSchema = z.object({
  _id: z.string(),
  by: z.string(),
  at: z.date(),
  expires_at: z.date(),
});
export type RefreshUseDocument = z.infer<typeof refreshUseSchema>;

/** `event.user.deleted.<user>`: whoever keeps something of this user erases it; twice is the same as once. */
export const userDeletedSchema = z.object({ id: z.string(), user: idSchema, at: z.int() });
export type UserDeleted = z.infer<typeof userDeletedSchema>;

/** `event.zone.changed.<user>`: what goes by the user's clock goes by another now. */
export const zoneChangedSchema = z.object({ user: idSchema, time_zone: z.string(), at: z.int() });
export type ZoneChanged = z.infer<typeof zoneChangedSchema>;

/** Request on `auth.check`: whose API key is this? */
export const authCheckSchema = z.object({ token: z.string().max(256) });

/** Its answer; `principal` is null for a key that nobody has, `unavailable` says that the keys can't be read now. */
export const authAnswerSchema = z.object({
  principal: principalSchema.nullable(),
  unavailable: z.literal(true).optional(),
});
export type AuthAnswer = z.infer<typeof authAnswerSchema>;
