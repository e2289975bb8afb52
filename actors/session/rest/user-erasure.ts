import type { ActorContext } from "../../actor-context.ts";
import { onUserDeleted } from "../../events/user-erasure.ts";
import type { SessionList } from "./session-list.ts";

/** Deletes all sessions of a deleted user. */
export function startUserErasure(
  context: Pick<ActorContext, "bus" | "jsm">,
  list: Pick<SessionList, "deleteAll">,
): Promise<void> {
  return onUserDeleted(context, "departed-users", (user) => list.deleteAll(user));
}
