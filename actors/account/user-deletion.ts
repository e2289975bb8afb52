import type { Bus } from "../../infra/bus/bus.ts";
import { ParleyError } from "../../schemas/errors.ts";
import { userDeleted } from "../../schemas/messages/events.ts";
import { adminUserId } from "../../schemas/principal.ts";
import type { Revoker } from "./revoker.ts";
import type { Users } from "./users.ts";

/**
 * Deletes a user: revokes their tokens and keys, and publishes `event.user.deleted.<user>` for all stores of
 * user data. Idempotent, so it can be retried after a partial failure.
 * @throws ParleyError `not_found`; `invalid_request` for the administrator, who is defined by the settings
 */
export async function deleteUserAccount(
  { users, revoker, bus }: { users: Users; revoker: Revoker; bus: Pick<Bus, "append"> },
  userId: string,
): Promise<void> {
  if (userId === adminUserId) throw new ParleyError("invalid_request", { error: "管理员账户不能删除" });
  if ((await users.find(userId)) === null) throw new ParleyError("not_found", { error: "用户不存在" });
  await revoker.user(userId);
  await bus.append(userDeleted, { id: `${userId}.deleted`, user: userId, at: Date.now() });
  await users.delete(userId);
}
