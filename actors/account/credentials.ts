import { createHash, timingSafeEqual } from "node:crypto";
import { adminUserId, type Principal } from "../../schemas/principal.ts";
import { isPassword } from "./password.ts";
import type { Users } from "./users.ts";

/** Finds who has these credentials; null when nobody has. Takes as long for an unknown name as for a wrong password. */
export type Authenticate = (username: string, password: string) => Promise<Principal | null>;

/** Nickname of the administrator until he takes another. */
export const adminNickname = "管理员";

/** Checks against the administrator of the settings; needs no database. Whose name is not his, `others` look at. */
export function adminAuthenticator(
  adminUsername: string,
  adminPassword: string,
  others: Authenticate,
): Authenticate {
  const expectedName = digest(adminUsername);
  const expectedPassword = digest(adminPassword);
  return async (username, password) => {
    // Digests have one length, and both are compared in any case: time tells nothing about either.
    const sameName = timingSafeEqual(digest(username), expectedName);
    const samePassword = timingSafeEqual(digest(password), expectedPassword);
    if (sameName && samePassword) return { user_id: adminUserId, nickname: adminNickname, is_admin: true };
    if (!sameName) return others(username, password);
    // A wrong password of the administrator takes as long as anybody's.
    await isPassword(password, undefined);
    return null;
  };
}

/** Checks against the users of the database. */
export function userAuthenticator(users: Pick<Users, "byName">): Authenticate {
  return async (username, password) => {
    const user = await users.byName(username);
    if (!(await isPassword(password, user?.password_hash)) || user === null) return null;
    return { user_id: user._id, nickname: user.nickname ?? username, is_admin: false };
  };
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
