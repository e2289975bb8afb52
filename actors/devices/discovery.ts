import { discoveryStreamConfig } from "../../infra/nats/stream-configs.ts";
import { ensureStream } from "../../infra/nats/streams.ts";
import { ParleyError } from "../../schemas/errors.ts";
import { parseDiscovery, streams, subjects } from "../../schemas/messages/subjects.ts";
import type { ActorContext } from "../actor-context.ts";
import { startDurableWork } from "../events/durable-work.ts";
import { forgetDevice } from "./device-routes.ts";
import type { DeviceStore } from "./device-store.ts";
import { readDiscovery } from "./discovery-config.ts";

const inFlight = 32;

/** Takes Home Assistant discovery messages: a device that is announced is there, one whose message is empty goes. */
export async function startDiscovery(context: ActorContext, store: DeviceStore): Promise<void> {
  const { userDevices, deviceComponents } = context.settings.limits;
  await ensureStream(context.jsm, discoveryStreamConfig());
  const work = { stream: streams.discovery, name: "discovery", filter: subjects.discoveryAll, inFlight };
  await startDurableWork(context, work, async (message) => {
    const discovered = parseDiscovery(message.subject);
    if (discovered === null) return;
    const { user, object } = discovered;
    if (message.data.length === 0) return forget(context, store, user, object);
    if ((await store.find(user, object)) === null && (await store.count(user)) >= userDevices) {
      context.log.warn({ user, device: object }, "too many devices");
      return;
    }
    const discovery = readDiscovery(discovered, message.string(), deviceComponents);
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
