import { discoveryStreamConfig } from "../../infra/nats/stream-configs.ts";
import { ensureStream } from "../../infra/nats/streams.ts";
import { parseDiscovery, streams, subjects } from "../../schemas/subjects.ts";
import type { ActorContext } from "../actor-context.ts";
import { startDurableWork } from "../durable-work.ts";
import type { DeviceStore } from "./device-store.ts";
import { readDiscovery } from "./discovery-config.ts";

const inFlight = 32;

/** Takes Home Assistant discovery messages: a device that is announced is there, one whose message is empty goes. */
export async function startDiscovery(context: ActorContext, store: DeviceStore): Promise<void> {
  await ensureStream(context.jsm, discoveryStreamConfig());
  const work = { stream: streams.discovery, name: "discovery", filter: subjects.discoveryAll, inFlight };
  await startDurableWork(context, work, async (message) => {
    const discovered = parseDiscovery(message.subject);
    if (discovered === null) return;
    const { user, object } = discovered;
    if (message.data.length === 0) {
      await store.delete(user, object);
      return;
    }
    const discovery = readDiscovery(discovered, message.string());
    await store.setDiscovery(discovery);
    const { name, type } = discovery;
    await context.js.publish(subjects.deviceUpdate(user, object), JSON.stringify({ state: {}, name, type }));
  });
}
