import type { Device } from "../../schemas/documents/device.ts";
import { ParleyError } from "../../schemas/errors.ts";
import { newId } from "../../schemas/ids.ts";
import { deviceCommand, deviceUpdated } from "../../schemas/messages/devices.ts";
import { streams, subjectOfTopic, subjects } from "../../schemas/messages/subjects.ts";
import {
  commandDevice,
  deleteDevice,
  deviceSetup,
  getDevice,
  getHomeAssistant,
  listDevices,
  listRefused,
  putHomeAssistant,
  updateDevice,
} from "../../schemas/routes/devices.ts";
import type { ActorContext } from "../actor-context.ts";
import { serveRoute } from "../requests/rest.ts";
import { adapterOf, adapters } from "./adapters/index.ts";
import type { DeviceHistory } from "./device-history.ts";
import { type DeviceStore, shownDevice } from "./device-store.ts";
import { eraseMqtt } from "./mqtt-erasure.ts";
import { askOwner } from "./owner.ts";
import type { Refusals } from "./refusals.ts";

/** How long a read waits for pending writes, ms. */
const readMs = 1_000;

type RouteContext = Pick<ActorContext, "bus" | "nc" | "log" | "settings">;

/** Stores of devices. */
export interface DeviceStores {
  store: DeviceStore;
  refusals: Refusals;
  history: DeviceHistory;
}

/** Serves the device routes. */
export function serveDeviceRoutes(context: RouteContext, stores: DeviceStores): void {
  const { store, refusals, history } = stores;
  serveReading(context, store, refusals);
  serveHomeAssistant(context, store);
  serveRoute(context, updateDevice, async ({ principal: { user_id: user }, params, body }) => {
    const device = params.device_id;
    if (Buffer.byteLength(JSON.stringify(body.state)) > context.settings.limits.deviceStateBytes) {
      refusals.add(user, `/api/v1/devices/${device}/update`, "state too large");
      throw new ParleyError("payload_too_large");
    }
    const { seq } = await context.bus.append(deviceUpdated, body, { to: { user, device } });
    // The change is stored later in any case; repeating it is idempotent.
    const answer = await askOwner(context, { kind: "settled", user, seq });
    if (answer === null) throw new ParleyError("service_unavailable");
    return { success: true as const };
  });
  serveRoute(context, commandDevice, async ({ principal: { user_id: user }, params, body, ...request }) => {
    const device = params.device_id;
    const answer = await askOwner(context, { kind: "command", user, device, ...body });
    if (answer === null) throw new ParleyError("service_unavailable");
    if (answer.missing === true) throw missing();
    if (answer.refused !== undefined)
      throw new ParleyError("invalid_request", { error: `请求参数错误: ${answer.refused}` });
    const id = `${user}.${device}.${request.idempotency_key ?? newId("cmd_")}`;
    for (const [index, { topic, payload }] of (answer.messages ?? []).entries()) {
      const part = index === 0 ? id : `${id}.${index}`;
      const to = { user, topic: subjectOfTopic(topic) };
      await context.bus.append(deviceCommand, payload, { to, id: part });
    }
    return { success: true as const };
  });
  serveRoute(
    context,
    deleteDevice,
    async ({ principal: { user_id: user }, params: { device_id: device } }) => {
      // A pending write would restore the device.
      await askOwner(context, { kind: "settled", user });
      await askOwner(context, { kind: "forget", user, device });
      const known = await store.delete(user, device);
      await history.eraseDevice(user, device);
      if (!known) throw missing();
      return { success: true as const };
    },
  );
}

function serveReading(context: RouteContext, store: DeviceStore, refusals: Refusals): void {
  const { settings } = context;
  serveRoute(context, listDevices, async ({ principal: { user_id: user }, query }) => {
    // Include recent updates; without an owner, return the stored state.
    await askOwner(context, { kind: "settled", user }, readMs);
    const [devices, total] = await Promise.all([
      store.list(user, query.limit, query.offset),
      store.count(user),
    ]);
    const shown = devices.map((device) => shownDevice(device));
    return { devices: fitting(shown, settings.limits.jsonAnswerBytes / 2), total };
  });
  serveRoute(context, getDevice, async ({ principal: { user_id: user }, params }) => {
    await askOwner(context, { kind: "settled", user }, readMs);
    const device = await store.find(user, params.device_id);
    if (device === null) throw missing();
    return { device: shownDevice(device) };
  });
  serveRoute(context, listRefused, async ({ principal }) => {
    const refused = await refusals.list(principal.user_id);
    return { refused, total: refused.length };
  });
  serveRoute(context, deviceSetup, async ({ principal: { user_id: user }, query: { kind } }) => {
    const adapter = adapterOf(kind);
    if (adapter === undefined) {
      const kinds = adapters.map((one) => one.kind).join(", ");
      throw new ParleyError("invalid_request", { error: `请求参数错误: kind (${kinds})` });
    }
    const host =
      settings.host === "0.0.0.0" || settings.host === "::" ? "<address of this server>" : settings.host;
    return {
      kind,
      prefix: `device/${user}/`,
      settings: adapter.setup({ user, host, port: settings.mqttPort }),
    };
  });
}

function serveHomeAssistant(context: RouteContext, store: DeviceStore): void {
  const shown = (user: string, enabled: boolean) => ({
    enabled,
    discovery_prefix: `device/${user}/homeassistant`,
    birth_topic: `device/${user}/homeassistant/status`,
  });
  serveRoute(context, getHomeAssistant, async ({ principal: { user_id: user } }) =>
    shown(user, await store.isMirrored(user)),
  );
  serveRoute(context, putHomeAssistant, async ({ principal: { user_id: user }, body: { enabled } }) => {
    await store.setMirrored(user, enabled);
    await askOwner(context, { kind: "mirror", user, enabled });
    return shown(user, enabled);
  });
}

/** Erases the device data of a deleted user. */
export async function eraseDevices(
  context: Pick<ActorContext, "bus" | "jsm" | "log">,
  { store, refusals, history }: DeviceStores,
  user: string,
): Promise<void> {
  const { streams: all } = context.jsm;
  await all.purge(streams.devices, { filter: subjects.deviceStoredOfUser(user) });
  await store.eraseUser(user);
  await askOwner(context, { kind: "forget", user });
  await Promise.all([store, refusals, history].map((kept) => kept.eraseUser(user)));
  await all.purge(streams.commands, { filter: subjects.commandOutOfUser(user) });
  await eraseMqtt(context, user);
}

/** The first devices that fit into `bytes`; at least one. */
function fitting(devices: readonly Device[], bytes: number): Device[] {
  let left = bytes;
  const over = devices.findIndex((device) => {
    left -= Buffer.byteLength(JSON.stringify(device));
    return left < 0;
  });
  return over < 0 ? [...devices] : devices.slice(0, Math.max(1, over));
}

function missing(): ParleyError {
  return new ParleyError("not_found", { error: "设备不存在" });
}
