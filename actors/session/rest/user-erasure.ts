import { userDeletedSchema } from "../../../schemas/documents/account.ts";
import { streams, subjects } from "../../../schemas/messages/subjects.ts";
import type { ActorContext } from "../../actor-context.ts";
import { startDurableWork } from "../../events/durable-work.ts";
import type { SessionList } from "./session-list.ts";

/** Deletes all sessions of a deleted user. */
export async function startUserErasure(
  context: Pick<ActorContext, "js" | "jsm" | "log" | "lifecycle">,
  list: Pick<SessionList, "deleteAll">,
): Promise<void> {
  const work = {
    stream: streams.events,
    name: "departed-users",
    filter: subjects.eventUserDeletedAll,
    inFlight: 1,
  };
  await startDurableWork(context, work, (message) =>
    list.deleteAll(userDeletedSchema.parse(message.json()).user),
  );
}
