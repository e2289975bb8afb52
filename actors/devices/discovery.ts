import { discoveryStreamConfig } from "../../infra/nats/stream-configs.ts";
import { ensureStream } from "../../infra/nats/streams.ts";
import { deviceTopic, discoveryConfig } from "../../schemas/messages/devices.ts";
import { parseDiscovery, subjectOfTopic } from "../../schemas/messages/subjects.ts";
import type { ActorContext } from "../actor-context.ts";

const inFlight = 32;

/**
 * Maps discovery documents on the standard topic, `homeassistant/<component>/<user>/<object>/config`, into
 * the stream of the user's devices, so that one actor reads both in order.
 */
export async function startDiscovery({ jsm, bus }: ActorContext): Promise<void> {
  await ensureStream(jsm, discoveryStreamConfig());
  await bus.consume(discoveryConfig, { name: "discovery", inFlight }, async (config, { subject }) => {
    const discovered = parseDiscovery(subject);
    if (discovered === null) return;
    const { user, component, object } = discovered;
    const topic = subjectOfTopic(`homeassistant/${component}/${object}/config`);
    await bus.append(deviceTopic, config, { to: { user, topic } });
  });
}

/** Publishes a birth message, which makes the devices of these users re-announce themselves. */
export function announceBirth(
  { bus, log }: Pick<ActorContext, "bus" | "log">,
  users: readonly string[],
): void {
  log.info({ users: users.length }, "birth messages sent");
  const topic = subjectOfTopic("homeassistant/status");
  for (const user of users) bus.signalText(deviceTopic, "online", { user, topic });
}
