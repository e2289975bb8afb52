import { usernamePattern } from "../../schemas/documents/account.ts";
import { ParleyError } from "../../schemas/errors.ts";
import type { Principal } from "../../schemas/principal.ts";
import type { AttemptLimit } from "./attempt-limit.ts";
import type { Authenticate } from "./credentials.ts";

/** Dependencies of a log-in. */
export interface LoginDeps {
  attempts: AttemptLimit;
  authenticate: Authenticate;
  /** The only name exempt from the pattern. */
  adminUsername: string;
}

/**
 * Resolves a user name and password to a principal.
 * @throws ParleyError `rate_limited`, `invalid_request` for a malformed name, `invalid_credentials`
 */
export async function logIn(
  deps: LoginDeps,
  { ip, username, password }: { ip: string; username: string; password: string },
): Promise<Principal> {
  await deps.attempts.count("login", ip);
  if (!usernamePattern.test(username) && username !== deps.adminUsername)
    throw new ParleyError("invalid_request", { error: "用户名格式无效" });
  const principal = await deps.authenticate(username, password);
  if (principal === null) throw new ParleyError("invalid_credentials");
  return principal;
}
