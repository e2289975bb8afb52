import { ParleyError } from "../../schemas/errors.ts";
import { adminUserId, refreshTokenSeconds, type TokenClaims } from "../../schemas/principal.ts";
import { adminNickname } from "./credentials.ts";
import type { TokenFamilies } from "./token-families.ts";
import { claimsOf, type IssuedTokens, issueTokens } from "./tokens.ts";
import type { Users } from "./users.ts";

/** Dependencies of the token checks. */
export interface TokenDeps {
  jwtSecret: string;
  families: TokenFamilies;
  users: Users;
}

/** The tokens of a request; the refresh token takes precedence. */
export interface RequestTokens {
  bearer?: string | undefined;
  refreshToken?: string | undefined;
}

/**
 * Issues new tokens of the same family.
 * @throws ParleyError `unauthorized` without a token; `invalid_token` for a malformed, used or expired one,
 * or when its family was revoked or its user deleted
 */
export async function refreshTokens(deps: TokenDeps, tokens: RequestTokens): Promise<IssuedTokens> {
  const receivedAt = Date.now();
  const claims = await validClaims(deps, tokens);
  if (await deps.families.isRevoked(claims.fam)) throw refused();
  const nickname = await nicknameOf(deps.users, claims.sub);
  if (claims.typ === "refresh" && !(await deps.families.use(claims, receivedAt))) throw refused();
  return issueTokens(deps.jwtSecret, { user_id: claims.sub, nickname }, { family: claims.fam });
}

/**
 * Revokes the family of a token.
 * @throws ParleyError `unauthorized` without a token, `invalid_token` for a malformed one
 */
export async function logOut(deps: TokenDeps, tokens: RequestTokens): Promise<void> {
  const { fam, sub } = await validClaims(deps, tokens);
  await deps.families.revoke(fam, sub);
}

async function validClaims(
  { jwtSecret }: TokenDeps,
  { bearer, refreshToken }: RequestTokens,
): Promise<TokenClaims> {
  const token = refreshToken ?? bearer;
  if (token === undefined || token === "") throw new ParleyError("unauthorized");
  const claims = claimsOf(jwtSecret, token);
  const typ = refreshToken === undefined ? "access" : "refresh";
  if (claims === null || claims.typ !== typ) throw refused();
  // An access token can be refreshed for as long as a refresh token of the same age.
  if (claims.iat + refreshTokenSeconds < Date.now() / 1000) throw refused();
  return claims;
}

async function nicknameOf(users: Users, userId: string): Promise<string> {
  if (userId === adminUserId) return (await users.administrator())?.nickname ?? adminNickname;
  const user = await users.find(userId);
  if (user === null) throw refused();
  return user.nickname ?? user.username ?? userId;
}

function refused(): ParleyError {
  return new ParleyError("invalid_token", { error: "刷新令牌无效或已过期" });
}
