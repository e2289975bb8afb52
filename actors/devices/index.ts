import { ensureCountingStream } from "../../infra/nats/counting-stream.ts";
import {
  commandsStreamConfig,
  devicesStreamConfig,
  eventsStreamConfig,
} from "../../infra/nats/stream-configs.ts";
import { ensureStream } from "../../infra/nats/streams.ts";
import { newId } from "../../schemas/ids.ts";
import { deviceAsk, deviceCommand, deviceRefused } from "../../schemas/messages/devices.ts";
import {
  devicePartitionCount,
  parseDeviceIn,
  streams,
  subjectOfTopic,
  subjects,
} from "../../schemas/messages/subjects.ts";
import { adminUserId } from "../../schemas/principal.ts";
import { executeScene, listScenes } from "../../schemas/routes/scenes.ts";
import type { ActorContext } from "../actor-context.ts";
import { onUserDeleted } from "../events/user-erasure.ts";
import { Budgets } from "../runtime/budgets.ts";
import type { KeyedGroup } from "../runtime/keyed-actor.ts";
import { serveDeviceLogin } from "./auth-callout.ts";
import { DeviceHistory } from "./device-history.ts";
import { connectedUsers, startDeviceLogout } from "./device-logout.ts";
import { eraseDevices, serveDeviceRoutes } from "./device-routes.ts";
import { DeviceStore } from "./device-store.ts";
import { DeviceWriteBehind } from "./device-write-behind.ts";
import { announceBirth, startDiscovery } from "./discovery.ts";
import { serveHistory } from "./history-route.ts";
import { HomeActor, type HomeActorMeans } from "./home-actor.ts";
import type { MirrorMeans } from "./home-mirror.ts";
import { Refusals } from "./refusals.ts";

/** Sequences of a new stream start at the current time in µs. */
const microseconds = 1_000;
const minuteMs = 60_000;

/** Serves device login, messages and commands. Returns the actor group. */
export async function startDevices(context: ActorContext): Promise<KeyedGroup> {
  const { db, jsm, out, bus, log, settings } = context;
  const { limits } = settings;
  const store = new DeviceStore(db);
  await Promise.all([
    store.createIndexes(),
    ensureStream(jsm, eventsStreamConfig()),
    ensureStream(jsm, commandsStreamConfig()),
    ensureDevicesStream(context, store),
  ]);
  const refusals = new Refusals(db, log);
  const history = new DeviceHistory(db, log, limits.userHistoryPerMin);
  await history.createCollections();
  const book = new DeviceWriteBehind({ out, bus, log, limits, refusals, history }, store);
  await startDiscovery(context);
  await onUserDeleted(context, "devices-erasure", (user) =>
    eraseDevices(context, { store, refusals, history }, user),
  );
  serveDeviceRoutes(context, { store, refusals, history });
  serveHistory(context, store, history);
  context.bus.listen(deviceRefused, ({ user, topic, reason, count }) =>
    refusals.add(user, topic, reason, count),
  );
  const system = await startDeviceLogout(context);
  serveDeviceLogin(context, system !== null);
  const connected = system === null ? [] : await connectedUsers(system);
  announceBirth(context, [...new Set([...connected, ...(await store.announcingUsers())])]);
  context.lifecycle.onStop("device history", async () => {
    await Promise.all([refusals.flush(), history.flush(true)]);
  });
  const budgets = {
    updates: new Budgets(limits.userDeviceUpdatesPerMin, minuteMs),
    bytes: new Budgets(limits.userDeviceBytesPerMin, minuteMs),
  };
  const mirror = mirrorMeans(context);
  return {
    ...deviceGroup({ store, book, refusals, log, limits, mirror, ...budgets }),
    restore: () => ensureDevicesStream(context, store),
  };
}

/** Dependencies of the mirror; Home Assistant acts with the user's permissions. */
function mirrorMeans({ bus, log, routes }: ActorContext): MirrorMeans {
  const principalOf = (user: string) => ({ user_id: user, nickname: "", is_admin: user === adminUserId });
  return {
    bus,
    log,
    scenes: async (user) => {
      const { scenes } = await routes.call(listScenes, { principal: principalOf(user) });
      return scenes.map(({ id, name }) => ({ id, name }));
    },
    runScene: async (user, id) => {
      await routes.call(executeScene, { principal: principalOf(user), params: { id } });
    },
    send: (user, topic, payload) => {
      const id = newId("cmd_");
      bus
        .append(deviceCommand, payload, { to: { user, topic: subjectOfTopic(topic) }, id })
        .catch((err: unknown) => log.warn({ err, user, topic }, "command not sent"));
    },
  };
}

/** One actor for all devices of a user: messages may affect several devices, and gateways announce others. */
function deviceGroup(means: HomeActorMeans): KeyedGroup {
  return {
    name: "device",
    stream: streams.devices,
    partitions: devicePartitionCount,
    filter: subjects.devicePartition,
    keyOf: (subject) => parseDeviceIn(subject)?.user ?? null,
    create: (user) => new HomeActor(means, user),
    from: async (partition) => (await means.store.place(partition)) + 1,
    serve: (bus, partition, actor) =>
      bus.serve(deviceAsk, (ask) => (actor(ask.user) as HomeActor).answer(ask), { of: { partition } }),
  };
}

/** A new stream, or one that lost its content, starts at the current time, above all earlier sequences. */
async function ensureDevicesStream(context: ActorContext, store: DeviceStore): Promise<void> {
  const floor = await store.highestPlace();
  const next = Math.max(Date.now() * microseconds, floor + 1);
  await ensureCountingStream(context, devicesStreamConfig(), { floor, next });
}
