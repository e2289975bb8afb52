import { eventsStreamConfig } from "../../infra/nats/stream-configs.ts";
import { ensureStream } from "../../infra/nats/streams.ts";
import { userDeleted } from "../../schemas/messages/events.ts";
import type { ActorContext } from "../actor-context.ts";

/** Erases what is kept of users who are deleted; `name` is the consumer's. It may be done again. */
export async function onUserDeleted(
  context: Pick<ActorContext, "bus" | "jsm">,
  name: string,
  erase: (user: string) => Promise<unknown>,
): Promise<void> {
  await ensureStream(context.jsm, eventsStreamConfig());
  await context.bus.consume(userDeleted, { name, inFlight: 1 }, async ({ user }) => {
    await erase(user);
  });
}
