import { discoveryStreamConfig } from "../../infra/nats/stream-configs.ts";
import { ensureStream } from "../../infra/nats/streams.ts";
import { ParleyError } from "../../schemas/errors.ts";
import { discoveryConfig } from "../../schemas/messages/devices.ts";
import { parseDiscovery, subjects } from "../../schemas/messages/subjects.ts";
import type { ActorContext } from "../actor-context.ts";
import { forgetDevice } from "./device-routes.ts";
import type { DeviceStore } from "./device-store.ts";
import { readDiscovery } from "./discovery-config.ts";

const inFlight = 32;

/** Takes Home Assistant discovery messages: a device that is announced is there, one whose message is empty goes. */
export async function startDiscovery(context: ActorContext, store: DeviceStore): Promise<void> {
  const { userDevices, deviceComponents } = context.settings.limits;
  await ensureStream(context.jsm, discoveryStreamConfig());
  await context.bus.consume(discoveryConfig, { name: "discovery", inFlight }, async (config, { subject }) => {
    const discovered = parseDiscovery(subject);
    if (discovered === null) return;
    const { user, object } = discovered;
    if (config === "") return forget(context, store, user, object);
    if ((await store.find(user, object)) === null && (await store.count(user)) >= userDevices) {
      context.log.warn({ user, device: object }, "too many devices");
      return;
    }
    const discovery = readDiscovery(discovered, config, deviceComponents);
    await store.setDiscovery(discovery);
    const { name, type } = discovery;
    await context.js.publish(subjects.deviceUpdate(user, object), JSON.stringify({ state: {}, name, type }));
  });
}

async function forget(
  context: ActorContext,
  store: DeviceStore,
  user: string,
  device: string,
): Promise<void> {
  try {
    await forgetDevice(context, store, user, device);
  } catch (err) {
    if (!(err instanceof ParleyError)) throw err;
  }
}
