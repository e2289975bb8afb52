import { eventsStreamConfig } from "../../infra/nats/stream-configs.ts";
import { ensureStream } from "../../infra/nats/streams.ts";
import { userDeletedSchema } from "../../schemas/documents/account.ts";
import { streams, subjects } from "../../schemas/messages/subjects.ts";
import type { ActorContext } from "../actor-context.ts";
import { startDurableWork } from "./durable-work.ts";

/** Erases what is kept of users who are deleted; `name` is the consumer's. It may be done again. */
export async function onUserDeleted(
  context: Pick<ActorContext, "js" | "jsm" | "log" | "lifecycle">,
  name: string,
  erase: (user: string) => Promise<unknown>,
): Promise<void> {
  const work = { stream: streams.events, name, filter: subjects.eventUserDeletedAll, inFlight: 1 };
  await ensureStream(context.jsm, eventsStreamConfig());
  await startDurableWork(context, work, async (message) => {
    await erase(userDeletedSchema.parse(message.json()).user);
  });
}
