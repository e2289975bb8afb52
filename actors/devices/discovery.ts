import { discoveryStreamConfig } from "../../infra/nats/stream-configs.ts";
import { ensureStream } from "../../infra/nats/streams.ts";
import { discoveryConfig } from "../../schemas/messages/devices.ts";
import { parseDiscovery, subjects } from "../../schemas/messages/subjects.ts";
import type { ActorContext } from "../actor-context.ts";

const inFlight = 32;

/**
 * Brings discovery documents of the documented place, `homeassistant/<component>/<user>/<object>/config`, among what
 * the user's devices publish, so that one actor reads both in one order.
 */
export async function startDiscovery({ jsm, bus, js }: ActorContext): Promise<void> {
  await ensureStream(jsm, discoveryStreamConfig());
  await bus.consume(discoveryConfig, { name: "discovery", inFlight }, async (config, { subject }) => {
    const discovered = parseDiscovery(subject);
    if (discovered === null) return;
    const { user, component, object } = discovered;
    await js.publish(subjects.deviceTopic(user, `homeassistant/${component}/${object}/config`), config);
  });
}

/** Says that Parley is there, which makes the firmware of these users announce itself again. */
export function announceBirth({ nc, log }: Pick<ActorContext, "nc" | "log">, users: readonly string[]): void {
  log.info({ users: users.length }, "birth messages sent");
  for (const user of users) nc.publish(subjects.deviceTopic(user, "homeassistant/status"), "online");
}
