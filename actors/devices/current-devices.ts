import type { Device, DeviceAsk } from "../../schemas/documents/device.ts";
import { ParleyError } from "../../schemas/errors.ts";
import { devicePartitionOf, subjects } from "../../schemas/messages/subjects.ts";
import { adminUserId } from "../../schemas/principal.ts";
import { getDevice } from "../../schemas/routes/devices.ts";
import type { ActorContext } from "../actor-context.ts";
import { askRoute } from "../requests/ask-route.ts";

const settleMs = 2_000;

/** Devices of a user as they are now; those that do not exist are left out. */
export async function currentDevices(
  context: Pick<ActorContext, "nc" | "log">,
  user: string,
  ids: readonly string[],
): Promise<Device[]> {
  const found = await Promise.all(ids.map((device) => currentDevice(context, user, device)));
  return found.filter((device) => device !== undefined);
}

async function currentDevice(
  { nc, log }: Pick<ActorContext, "nc" | "log">,
  user: string,
  device: string,
): Promise<Device | undefined> {
  const ask: DeviceAsk = { kind: "settled", user, device };
  const subject = subjects.deviceAsk(devicePartitionOf(user, device));
  await nc.request(subject, JSON.stringify(ask), { timeout: settleMs }).catch((err: unknown) => {
    log.debug({ err, device }, "owner of the device did not answer");
  });
  const principal = { user_id: user, nickname: "", is_admin: user === adminUserId };
  try {
    return (await askRoute(nc, getDevice, { principal, params: { device_id: device } })).device;
  } catch (err) {
    if (err instanceof ParleyError && err.status === 404) return undefined;
    throw err;
  }
}
