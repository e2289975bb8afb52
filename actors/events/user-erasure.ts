import { eventsStreamConfig } from "../../infra/nats/stream-configs.ts";
import { ensureStream } from "../../infra/nats/streams.ts";
import { userDeleted } from "../../schemas/messages/events.ts";
import type { ActorContext } from "../actor-context.ts";

/** Runs `erase` for each deleted user, with a durable consumer named `name`. `erase` must be idempotent. */
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
