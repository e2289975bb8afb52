import { randomUUID } from "node:crypto";
import jwt from "jsonwebtoken";
import {
  accessTokenSeconds,
  type Principal,
  refreshTokenSeconds,
  type TokenClaims,
} from "../../schemas/principal.ts";

/** What a log-in answers with. `expires` is when the access token ends, Unix seconds. */
export interface IssuedTokens {
  token: string;
  refresh_token: string;
  expires: number;
}

/** An access and a refresh token of one family; a new log-in begins a new family. */
export function issueTokens(
  jwtSecret: string,
  principal: Principal,
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
