import { usernamePattern } from "../../schemas/documents/account.ts";
import { ParleyError } from "../../schemas/errors.ts";
import type { Principal } from "../../schemas/principal.ts";
import type { AttemptLimit } from "./attempt-limit.ts";
import type { Authenticate } from "./credentials.ts";

/** What a log-in is checked against. */
export interface LoginRules {
  attempts: AttemptLimit;
  authenticate: Authenticate;
  /** The one name that needs not match the pattern. */
  adminUsername: string;
}

/**
 * Who logs in.
 * @throws ParleyError `rate_limited`, `invalid_request` for a name that nobody can have, `invalid_credentials`.
 */
export async function logIn(
  rules: LoginRules,
  { ip, username, password }: { ip: string; username: string; password: string },
): Promise<Principal> {
  await rules.attempts.count("login", ip);
  if (!usernamePattern.test(username) && username !== rules.adminUsername)
    throw new ParleyError("invalid_request", { error: "用户名格式无效" });
  const principal = await rules.authenticate(username, password);
  if (principal === null) throw new ParleyError("invalid_credentials");
  return principal;
}
