import type { Device, DeviceAsk, Discovery } from "../../schemas/documents/device.ts";
import { ParleyError } from "../../schemas/errors.ts";
import { newId } from "../../schemas/ids.ts";
import { devicePartitionOf, streams, subjects } from "../../schemas/messages/subjects.ts";
import {
  commandDevice,
  deleteDevice,
  getDevice,
  listDevices,
  updateDevice,
} from "../../schemas/routes/devices.ts";
import type { ActorContext } from "../actor-context.ts";
import { serveRoute } from "../requests/rest.ts";
import { type DeviceStore, shownDevice } from "./device-store.ts";

/** How long an owner has to store what he has taken. */
const settleMs = 4_000;

/** Serves the devices of the API. */
export function serveDeviceRoutes(
  context: Pick<ActorContext, "nc" | "bus" | "js" | "publisher" | "log" | "settings">,
  store: DeviceStore,
): void {
  serveRoute(context, listDevices, async ({ principal: { user_id: user }, query }) => {
    const [devices, total] = await Promise.all([
      store.list(user, query.limit, query.offset),
      store.count(user),
    ]);
    const discoveries = await store.discoveriesOf(devices);
    const byDevice = new Map(discoveries.map((discovery) => [discovery._id.device, discovery]));
    const shown = devices.map((device) => shownDevice(device, byDevice.get(device._id.device)));
    return { devices: fitting(shown, context.settings.limits.jsonAnswerBytes / 2), total };
  });
  serveRoute(context, getDevice, async ({ principal: { user_id: user }, params }) => {
    const device = await store.find(user, params.device_id);
    if (device === null) throw missing();
    const discovery = await store.discovery(user, params.device_id);
    return { device: shownDevice(device, discovery ?? undefined) };
  });
  serveRoute(context, updateDevice, async ({ principal: { user_id: user }, params, body }) => {
    const device = params.device_id;
    if (JSON.stringify(body.state).length > context.settings.limits.deviceStateBytes)
      throw new ParleyError("payload_too_large");
    const { seq } = await context.js.publish(subjects.deviceUpdate(user, device), JSON.stringify(body));
    // It will be stored all the same; made again, it changes nothing.
    if (!(await ask(context, { kind: "settled", user, device, seq })))
      throw new ParleyError("service_unavailable");
    return { success: true as const };
  });
  serveRoute(context, commandDevice, async ({ principal: { user_id: user }, params, body, ...request }) => {
    const device = params.device_id;
    await assertKnown(context, store, user, device);
    const addressee = addresseeOf(await store.discovery(user, device), body.component) ?? device;
    const { command } = body;
    const payload = typeof command === "string" ? command : JSON.stringify(command);
    const id = `${user}.${device}.${request.idempotency_key ?? newId("cmd_")}`;
    await context.publisher.publish(subjects.commandOut(user, addressee), payload, { id });
    return { success: true as const };
  });
  serveRoute(context, deleteDevice, async ({ principal: { user_id: user }, params }) => {
    await forgetDevice(context, store, user, params.device_id);
    return { success: true as const };
  });
}

/**
 * Forgets a device, in the store and in its owner's memory.
 * @throws ParleyError `not_found`
 */
export async function forgetDevice(
  context: Pick<ActorContext, "nc" | "bus" | "log">,
  store: DeviceStore,
  user: string,
  device: string,
): Promise<void> {
  // What is on its way to the store would bring it back.
  await ask(context, { kind: "settled", user, device });
  const known = await store.delete(user, device);
  await ask(context, { kind: "forget", user, device });
  if (!known) throw missing();
}

/** Erases what is kept of a deleted user's devices. */
export async function eraseDevices(
  context: Pick<ActorContext, "nc" | "bus" | "jsm" | "log">,
  store: DeviceStore,
  user: string,
): Promise<void> {
  const devices = await store.idsOf(user);
  const { streams: all } = context.jsm;
  await all.purge(streams.devices, { filter: subjects.deviceStoredOfUser(user) });
  await store.eraseUser(user);
  await Promise.all(devices.map((device) => ask(context, { kind: "forget", user, device })));
  await store.eraseUser(user);
  await all.purge(streams.commands, { filter: subjects.commandOutOfUser(user) });
}

/** The device whose topic a command goes to, where discovery says so. @throws ParleyError that names the components */
function addresseeOf(discovery: Discovery | null, component: string | undefined): string | undefined {
  const commanded = discovery?.components.filter(({ command }) => command !== undefined) ?? [];
  const meant = component === undefined ? commanded : commanded.filter(({ id }) => id === component);
  const topics = new Set(meant.map(({ command }) => command));
  if (topics.size > 1 || (component !== undefined && topics.size === 0)) {
    const known = commanded.map(({ id }) => id).join(", ");
    throw new ParleyError("invalid_request", { error: `请求参数错误: component (${known})` });
  }
  return meant[0]?.command;
}

/** The first of them that fit into so many bytes; at least one. */
function fitting(devices: readonly Device[], bytes: number): Device[] {
  let left = bytes;
  const over = devices.findIndex((device) => {
    left -= Buffer.byteLength(JSON.stringify(device));
    return left < 0;
  });
  return over < 0 ? [...devices] : devices.slice(0, Math.max(1, over));
}

/** Its first message may have been shown already and be stored in a moment. @throws ParleyError not_found */
async function assertKnown(
  context: Pick<ActorContext, "nc" | "bus" | "log">,
  store: DeviceStore,
  user: string,
  device: string,
): Promise<void> {
  if ((await store.find(user, device)) !== null) return;
  await ask(context, { kind: "settled", user, device });
  if ((await store.find(user, device)) === null) throw missing();
}

/** Whether the owner of the device has done it. */
async function ask(
  { nc, log }: Pick<ActorContext, "nc" | "bus" | "log">,
  question: DeviceAsk,
): Promise<boolean> {
  const subject = subjects.deviceAsk(devicePartitionOf(question.user, question.device));
  try {
    await nc.request(subject, JSON.stringify(question), { timeout: settleMs });
    return true;
  } catch (err) {
    log.debug({ err, device: question.device }, "device's owner did not answer");
    return false;
  }
}

function missing(): ParleyError {
  return new ParleyError("not_found", { error: "设备不存在" });
}
