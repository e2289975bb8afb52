import type { Device, DeviceAsk } from "../../schemas/device.ts";
import { ParleyError } from "../../schemas/errors.ts";
import {
  commandDevice,
  deleteDevice,
  getDevice,
  listDevices,
  updateDevice,
} from "../../schemas/routes/devices.ts";
import { devicePartitionOf, subjects } from "../../schemas/subjects.ts";
import type { ActorContext } from "../actor-context.ts";
import { serveRoute } from "../rest.ts";
import { type DeviceStore, shownDevice } from "./device-store.ts";

/** How long an update waits to be stored before it is answered all the same: the stream has it. */
const settleMs = 2_000;

/** Serves the devices of the API. */
export function serveDeviceRoutes(
  context: Pick<ActorContext, "nc" | "js" | "log" | "settings">,
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
    await ask(context, { kind: "settled", user, device, seq });
    return { success: true as const };
  });
  serveRoute(context, commandDevice, async ({ principal: { user_id: user }, params, body }) => {
    const device = params.device_id;
    await assertKnown(context, store, user, device);
    const discovery = await store.discovery(user, device);
    const { command } = body;
    const payload = typeof command === "string" ? command : JSON.stringify(command);
    context.nc.publish(subjects.deviceCommand(user, discovery?.command ?? device), payload);
    await context.nc.flush();
    return { success: true as const };
  });
  serveRoute(context, deleteDevice, async ({ principal: { user_id: user }, params }) => {
    if (!(await store.delete(user, params.device_id))) throw missing();
    await ask(context, { kind: "forget", user, device: params.device_id });
    return { success: true as const };
  });
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
  context: Pick<ActorContext, "nc" | "log">,
  store: DeviceStore,
  user: string,
  device: string,
): Promise<void> {
  if ((await store.find(user, device)) !== null) return;
  await ask(context, { kind: "settled", user, device });
  if ((await store.find(user, device)) === null) throw missing();
}

async function ask({ nc, log }: Pick<ActorContext, "nc" | "log">, question: DeviceAsk): Promise<void> {
  const subject = subjects.deviceAsk(devicePartitionOf(question.user, question.device));
  try {
    await nc.request(subject, JSON.stringify(question), { timeout: settleMs });
  } catch (err) {
    log.debug({ err, device: question.device }, "device's owner did not answer");
  }
}

function missing(): ParleyError {
  return new ParleyError("not_found", { error: "设备不存在" });
}
