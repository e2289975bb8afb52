import { JetStreamApiError } from "@nats-io/jetstream";
import {
  commandsStreamConfig,
  devicesStreamConfig,
  eventsStreamConfig,
} from "../../infra/nats/stream-configs.ts";
import { ensureStream } from "../../infra/nats/streams.ts";
import { deviceAskSchema } from "../../schemas/documents/device.ts";
import { devicePartitionCount, parseDeviceIn, streams, subjects } from "../../schemas/messages/subjects.ts";
import type { ActorContext } from "../actor-context.ts";
import { onUserDeleted } from "../events/user-erasure.ts";
import type { KeyedGroup } from "../runtime/keyed-actor.ts";
import { serveDeviceLogin } from "./auth-callout.ts";
import { DeviceActor, type DeviceMeans } from "./device-actor.ts";
import { startDeviceLogout } from "./device-logout.ts";
import { DeviceLookup } from "./device-lookup.ts";
import { eraseDevices, serveDeviceRoutes } from "./device-routes.ts";
import { DeviceStore } from "./device-store.ts";
import { DeviceWriteBehind } from "./device-write-behind.ts";
import { startDiscovery } from "./discovery.ts";
import { RawTopics } from "./raw-topics.ts";

/** Sequences of a new stream count on from the time, in µs. */
const microseconds = 1_000;

/** Serves devices: their log-in, what they publish and what they are told. Returns the group of their actors. */
export async function startDevices(context: ActorContext): Promise<KeyedGroup> {
  const { db, jsm, out, publisher, log, settings } = context;
  const { limits } = settings;
  const store = new DeviceStore(db);
  await Promise.all([
    store.createIndexes(),
    ensureStream(jsm, eventsStreamConfig()),
    ensureStream(jsm, commandsStreamConfig()),
    ensureDevicesStream(context, store),
  ]);
  const book = new DeviceWriteBehind({ out, publisher, log, limits }, store);
  const raw = new RawTopics(context, store, log);
  await startDiscovery(context, store);
  await onUserDeleted(context, "devices-erasure", (user) => eraseDevices(context, store, user));
  serveDeviceRoutes(context, store);
  serveDeviceLogin(context);
  await startDeviceLogout(context);
  return {
    ...deviceGroup({ lookup: new DeviceLookup(store, log, limits), book, raw, log, limits }, store),
    restore: () => ensureDevicesStream(context, store),
  };
}

function deviceGroup(means: DeviceMeans, store: DeviceStore): KeyedGroup {
  return {
    name: "device",
    stream: streams.devices,
    partitions: devicePartitionCount,
    filter: subjects.devicePartition,
    keyOf(subject) {
      const parsed = parseDeviceIn(subject);
      return parsed === null ? null : `${parsed.user}.${parsed.device}`;
    },
    askSubject: subjects.deviceAsk,
    create(key) {
      const [user = "", device = ""] = key.split(".");
      return new DeviceActor(means, user, device);
    },
    from: async (partition) => (await store.place(partition)) + 1,
    async ask(data, actor) {
      const { kind, user, device, seq } = deviceAskSchema.parse(JSON.parse(new TextDecoder().decode(data)));
      const asked = actor(`${user}.${device}`) as DeviceActor;
      if (kind === "forget") asked.forget();
      else await asked.settled(seq);
      return {};
    },
  };
}

/** Where the stream is gone with its server's disk, a new one's sequences are higher than all before. */
async function ensureDevicesStream({ jsm }: ActorContext, store: DeviceStore): Promise<void> {
  const config = devicesStreamConfig();
  const found = await jsm.streams.info(streams.devices).catch((err: unknown) => {
    if (err instanceof JetStreamApiError) return null;
    throw err;
  });
  if (found?.config.storage === config.storage) {
    await ensureStream(jsm, config);
    return;
  }
  // One of an earlier version, in memory: a stream can't change its storage.
  if (found !== null) await jsm.streams.delete(streams.devices);
  const first = Math.max(Date.now() * microseconds, (await store.highestPlace()) + 1);
  try {
    await jsm.streams.add({ ...config, first_seq: first });
  } catch (err) {
    if (!(err instanceof JetStreamApiError)) throw err;
    // Another process made it first.
    await ensureStream(jsm, config);
  }
}
