import type { ActorContext } from "../../actor-context.ts";
import { eraseEvents } from "../../events/event-erasure.ts";
import { onUserDeleted } from "../../events/user-erasure.ts";
import type { SessionList } from "./session-list.ts";

/** Deletes all sessions of a deleted user, then the events that hold their texts. */
export function startUserErasure(
  context: Pick<ActorContext, "bus" | "jsm">,
  list: Pick<SessionList, "deleteAll">,
): Promise<void> {
  return onUserDeleted(context, "departed-users", async (user) => {
    await list.deleteAll(user);
    await eraseEvents(context.jsm, user);
  });
}
