import { z } from "zod";
import { idSchema } from "../ids.ts";
import { principalSchema } from "../principal.ts";
import { scopeSchema } from "../scopes.ts";

/** MongoDB collections of accounts. */
export const accountCollections = {
  users: "users",
  apiKeys: "api_keys",
  webhookKeys: "webhook_keys",
  tokenFamilies: "token_families",
  refreshUses: "refresh_uses",
} as const;

/** Valid names for registration. */
export const usernamePattern = /^[a-zA-Z0-9_]{3,32}$/;

/** Geographic coordinates, degrees. */
export const placeSchema = z.object({
  latitude: z.number().min(-90).max(90).describe("Degrees north."),
  longitude: z.number().min(-180).max(180).describe("Degrees east."),
});

/**
 * A user; `_id` is the `user_id`. The administrator's has no name and password, which are settings. A deleted
 * user's document remains without personal data, so that the name stays taken and old tokens are rejected.
 */
export const userSchema = z.object({
  _id: idSchema.describe("Key of the document."),
  username: z.string().optional().describe("User name."),
  name_key: z
    .string()
    .optional()
    .describe("The name in lower case, unique: names that differ in case alone would pass for one another."),
  email: z.string().optional().describe("Email address."),
  nickname: z.string().optional().describe("Name that is shown."),
  password_hash: z.string().optional().describe("bcrypt hash of the password."),
  time_zone: z.string().optional().describe("IANA name; without one the default zone holds."),
  place: placeSchema.optional().describe("Where the user's home is, for sunrise and sunset."),
  created_at: z.date().describe("When it was created, ISO 8601."),
  deleted_at: z.date().optional().describe("When the account was deleted."),
});
export type UserDocument = z.infer<typeof userSchema>;

/** An API key; only its SHA-256 (hex) is stored. */
export const apiKeySchema = z.object({
  _id: idSchema.describe("Key of the document."),
  user_id: idSchema.describe("Id of the user."),
  name: z.string().describe("Name."),
  hash: z.string().describe("Hash of the key."),
  scopes: z.array(scopeSchema).optional().describe("What it may be used for; absent = everything."),
  created_at: z.date().describe("When it was created, ISO 8601."),
});
export type ApiKeyDocument = z.infer<typeof apiKeySchema>;

/** A key for webhook calls of another system; only its SHA-256 (hex) is stored. */
export const webhookKeySchema = z.object({
  _id: idSchema.describe("Key of the document."),
  name: z.string().describe("Name of the integration."),
  hash: z.string().describe("Hash of the key."),
  created_at: z.date().describe("When it was created."),
});
export type WebhookKeyDocument = z.infer<typeof webhookKeySchema>;

/** A revoked token family; a family without a document is valid. */
export const tokenFamilySchema = z.object({
  _id: z.string().describe("Key of the document."),
  user_id: idSchema.describe("Id of the user."),
  revoked_at: z.date().describe("When it was revoked."),
  expires_at: z.date().describe("When the store removes it."),
});
export type TokenFamilyDocument = z.infer<typeof tokenFamilySchema>;

/**
 * A used refresh token (`_id` is its `jti`); `by` is the first request that used it, `at` MongoDB's clock.
 */
export const refreshUseSchema = z.object({
  _id: z.string().describe("Key of the document."),
  by: z.string().describe("Id of the token that replaced it."),
  at: z.date().describe("When it happened."),
  expires_at: z.date().describe("When the store removes it."),
});
export type RefreshUseDocument = z.infer<typeof refreshUseSchema>;

/** `event.user.deleted.<user>`: every owner of this user's data deletes it; idempotent. */
export const userDeletedSchema = z.object({
  id: z.string().describe("Id of the entry."),
  user: idSchema.describe("Id of the user."),
  at: z.int().describe("When it happened."),
});

/** `event.zone.changed.<user>`: schedules in the user's local time must be recomputed. */
export const zoneChangedSchema = z.object({
  user: idSchema.describe("Id of the user."),
  time_zone: z.string().describe("IANA time zone, such as `Europe/Berlin`."),
  at: z.int().describe("When it happened."),
});

/** Format of an API key: `sk-` and 32 random bytes in base64url. */
export const apiKeyPattern = /^sk-[A-Za-z0-9_-]{43}$/;
/** Format of a webhook key. */
export const webhookKeyPattern = /^whk-[A-Za-z0-9_-]{43}$/;

/** Request on `auth.check`: looks up the owner of a key. A malformed key has no owner. */
export const authCheckSchema = z.object({
  token: z.string().describe("An API key or a webhook key."),
});

/**
 * Its answer; `principal` is null for an unknown key, `unavailable` means that keys can't be read at present.
 */
export const authAnswerSchema = z.object({
  principal: principalSchema.nullable().describe("The user whose API key it is; null for nobody."),
  webhook: z.string().optional().describe("Id of the webhook key that it is."),
  unavailable: z.literal(true).optional().describe("The store could not be asked; try again later."),
});
export type AuthAnswer = z.infer<typeof authAnswerSchema>;
