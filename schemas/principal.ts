import { z } from "zod";
import { idSchema } from "./ids.ts";
import { type Scope, scopeSchema } from "./scopes.ts";

/** Who makes a request: read from a verified token, passed to handlers, never taken from a client's body. */
export const principalSchema = z.object({
  user_id: idSchema.describe("Id of the user."),
  nickname: z.string().describe("Name that is shown."),
  is_admin: z.boolean().describe("Whether the user is the administrator."),
  credential: z
    .string()
    .optional()
    .describe("What let them in, as `revocations` name it: the family of their token, or their API key."),
  scopes: z
    .array(scopeSchema)
    .optional()
    .describe("What the API key may be used for; absent for a log-in, and for a key that may do everything."),
});
export type Principal = z.infer<typeof principalSchema>;

/** Whether a principal's token may be used for something. */
export function hasScope({ scopes }: Pick<Principal, "scopes">, scope: Scope): boolean {
  return scopes === undefined || scopes.includes(scope);
}

/** `user_id` of the administrator. */
export const adminUserId = "admin";

/** Claims of Parley's JWTs (HS256). `typ` keeps a refresh token from being used as an access token and the reverse. */
export const tokenClaimsSchema = z.object({
  iss: z.literal("parley").describe("Issuer of the token."),
  aud: z.literal("parley").describe("Audience of the token."),
  sub: idSchema.describe("Id of the user."),
  typ: z.enum(["access", "refresh"]).describe("Kind of the token: access or refresh."),
  nick: z.string().describe("Name that is shown."),
  fam: z.string().describe("Family: every token that descends from one log-in."),
  jti: z.string().describe("Id of the token."),
  iat: z.int().describe("When the token was issued, Unix seconds."),
  exp: z.int().describe("When the token ends, Unix seconds."),
});
export type TokenClaims = z.infer<typeof tokenClaimsSchema>;

/** Seconds that an access token lives. */
export const accessTokenSeconds = 24 * 3600;
/** Seconds that a refresh token lives. */
export const refreshTokenSeconds = 30 * 24 * 3600;
