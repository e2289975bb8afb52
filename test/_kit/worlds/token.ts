import jwt from "jsonwebtoken";
import { accessTokenSeconds, type TokenClaims } from "../../../schemas/principal.ts";

/** Secret shared by the test system's processes. */
export const testSecret = "a secret of the tests, longer than thirty-two bytes";

/** An access token of this user, as after a login. */
export function mintToken(user: string, secret = testSecret): string {
  const now = Math.floor(Date.now() / 1000);
  const claims: TokenClaims = {
    iss: "parley",
    aud: "parley",
    sub: user,
    typ: "access",
    nick: user,
    fam: `fam_${user}`,
    jti: `jti_${user}_${now}`,
    iat: now,
    exp: now + accessTokenSeconds,
  };
  return jwt.sign(claims, secret, { algorithm: "HS256" });
}
