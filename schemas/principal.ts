import { z } from "zod";
import { idSchema } from "./ids.ts";

/** Who makes a request: read from a verified token, passed to handlers, never taken from a client's body. */
export const principalSchema = z.object({
  user_id: idSchema,
  nickname: z.string(),
  is_admin: z.boolean(),
  /** What let him in, as `revocations` name it: the family of his token, or his API key. */
  credential: z.string().optional(),
});
export type Principal = z.infer<typeof principalSchema>;

/** `user_id` of the administrator. */
export const adminUserId = "admin";

/** Claims of Parley's JWTs (HS256). `typ` keeps a refresh token from being used as an access token and the reverse. */
export const tokenClaimsSchema = z.object({
  iss: z.literal("parley"),
  aud: z.literal("parley"),
  sub: idSchema,
  typ: z.enum(["access", "refresh"]),
  nick: z.string(),
  /** Family: every token that descends from one log-in. */
  fam: z.string(),
  jti: z.string(),
  iat: z.int(),
  exp: z.int(),
});
export type TokenClaims = z.infer<typeof tokenClaimsSchema>;

/** Seconds that an access token lives. */
export const accessTokenSeconds = 24 * 3600;
/** Seconds that a refresh token lives. */
export const refreshTokenSeconds = 30 * 24 * 3600;
