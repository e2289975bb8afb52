import { isSameSecret } from "../../infra/same-secret.ts";
import { adminUserId, type Principal } from "../../schemas/principal.ts";
import { isPassword } from "./password.ts";
import type { Users } from "./users.ts";

/**
 * Resolves credentials to a principal, or null. Takes equally long for an unknown name and a wrong password.
 */
export type Authenticate = (username: string, password: string) => Promise<Principal | null>;

/** The administrator's nickname until they set another. */
export const adminNickname = "管理员";

/**
 * Checks the administrator's credentials from the settings, without a database; passes other names to
 * `others`.
 */
export function adminAuthenticator(
  adminUsername: string,
  adminPassword: string,
  others: Authenticate,
): Authenticate {
  return async (username, password) => {
    // Both are always compared, so that timing reveals nothing about either.
    const sameName = isSameSecret(username, adminUsername);
    const samePassword = isSameSecret(password, adminPassword);
    if (sameName && samePassword) return { user_id: adminUserId, nickname: adminNickname, is_admin: true };
    if (!sameName) return others(username, password);
    // A wrong administrator password takes as long as any other.
    await isPassword(password, undefined);
    return null;
  };
}

/** Checks credentials against the users in the database. */
export function userAuthenticator(users: Pick<Users, "byName">): Authenticate {
  return async (username, password) => {
    const user = await users.byName(username);
    if (!(await isPassword(password, user?.password_hash)) || user === null) return null;
    return { user_id: user._id, nickname: user.nickname ?? username, is_admin: false };
  };
}
