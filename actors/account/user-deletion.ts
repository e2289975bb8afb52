import type { JetStreamClient } from "@nats-io/jetstream";
import type { UserDeleted } from "../../schemas/documents/account.ts";
import { ParleyError } from "../../schemas/errors.ts";
import { subjects } from "../../schemas/messages/subjects.ts";
import { adminUserId } from "../../schemas/principal.ts";
import type { Revoker } from "./revoker.ts";
import type { Users } from "./users.ts";

/**
 * Deletes a user: his tokens and keys end everywhere, and whoever keeps something of his hears of it
 * (`event.user.deleted.<user>`). Safe to repeat when it failed half way.
 * @throws ParleyError `not_found`; `invalid_request` for the administrator, whom the settings make
 */
export async function deleteUserAccount(
  { users, revoker, js }: { users: Users; revoker: Revoker; js: JetStreamClient },
  userId: string,
): Promise<void> {
  if (userId === adminUserId) throw new ParleyError("invalid_request", { error: "管理员账户不能删除" });
  if ((await users.find(userId)) === null) throw new ParleyError("not_found", { error: "用户不存在" });
  await revoker.user(userId);
  const event: UserDeleted = { id: `${userId}.deleted`, user: userId, at: Date.now() };
  await js.publish(subjects.eventUserDeleted(userId), JSON.stringify(event), { msgID: event.id });
  await users.delete(userId);
}
