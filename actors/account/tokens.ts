import { randomUUID } from "node:crypto";
import jwt from "jsonwebtoken";
import {
  accessTokenSeconds,
  type Principal,
  refreshTokenSeconds,
  type TokenClaims,
  tokenClaimsSchema,
} from "../../schemas/principal.ts";

/** Tokens issued at a log-in. `expires` is the expiry of the access token, Unix seconds. */
export interface IssuedTokens {
  token: string;
  refresh_token: string;
  expires: number;
}

/** Issues an access and a refresh token of one family; each log-in starts a new family. */
export function issueTokens(
  jwtSecret: string,
  principal: Pick<Principal, "user_id" | "nickname">,
  { now = Date.now(), family = randomUUID() }: { now?: number; family?: string } = {},
): IssuedTokens {
  const iat = Math.floor(now / 1000);
  const sign = (typ: TokenClaims["typ"], seconds: number): string => {
    const claims: TokenClaims = {
      iss: "parley",
      aud: "parley",
      sub: principal.user_id,
      typ,
      nick: principal.nickname,
      fam: family,
      jti: randomUUID(),
      iat,
      exp: iat + seconds,
    };
    return jwt.sign(claims, jwtSecret, { algorithm: "HS256" });
  };
  return {
    token: sign("access", accessTokenSeconds),
    refresh_token: sign("refresh", refreshTokenSeconds),
    expires: iat + accessTokenSeconds,
  };
}

/** Verifies a token's signature and returns its claims, also when it has expired; null for any other text. */
export function claimsOf(jwtSecret: string, token: string): TokenClaims | null {
  try {
    const payload = jwt.verify(token, jwtSecret, {
      algorithms: ["HS256"],
      issuer: "parley",
      audience: "parley",
      ignoreExpiration: true,
    });
    return tokenClaimsSchema.safeParse(payload).data ?? null;
  } catch {
    return null;
  }
}
