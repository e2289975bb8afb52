import type { z } from "zod";
import { isDuplicateKey } from "../../infra/mongo/duplicate-key.ts";
import { ParleyError } from "../../schemas/errors.ts";
import type { createUsers } from "../../schemas/routes/admin-users.ts";
import { issueTokens } from "./tokens.ts";
import type { Users } from "./users.ts";

/**
 * Creates the users of a load test. They have no password, which saves the bcrypt time, and no rate limit
 * applies.
 * @throws ParleyError `conflict` when the prefix was used before
 */
export async function createLoadUsers(
  users: Users,
  jwtSecret: string,
  { count, prefix }: z.output<typeof createUsers.body>,
): Promise<z.input<typeof createUsers.answer>> {
  const names = Array.from({ length: count }, (_, index) => `${prefix}_${String(index).padStart(4, "0")}`);
  try {
    const documents = await users.addAll(names);
    return {
      users: documents.map(({ _id, username = "" }) => {
        const { token, expires } = issueTokens(jwtSecret, { user_id: _id, nickname: username });
        return { user_id: _id, username, token, expires };
      }),
    };
  } catch (cause) {
    if (!isDuplicateKey(cause)) throw cause;
    throw new ParleyError("conflict", { error: "用户名已被注册", cause });
  }
}
