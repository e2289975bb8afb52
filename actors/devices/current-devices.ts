import type { Device, DeviceAsk } from "../../schemas/documents/device.ts";
import { ParleyError } from "../../schemas/errors.ts";
import { devicePartitionOf, subjects } from "../../schemas/messages/subjects.ts";
import { adminUserId } from "../../schemas/principal.ts";
import { getDevice } from "../../schemas/routes/devices.ts";
import type { ActorContext } from "../actor-context.ts";

const settleMs = 2_000;

/** Devices of a user as they are now; those that do not exist are left out. */
export async function currentDevices(
  context: Pick<ActorContext, "nc" | "routes" | "log">,
  user: string,
  ids: readonly string[],
): Promise<Device[]> {
  const found = await Promise.all(ids.map((device) => currentDevice(context, user, device)));
  return found.filter((device) => device !== undefined);
}

async function currentDevice(
  { nc, routes, log }: Pick<ActorContext, "nc" | "routes" | "log">,
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
    return (await routes.call(getDevice, { principal, params: { device_id: device } })).device;
  } catch (err) {
    if (err instanceof ParleyError && err.status === 404) return undefined;
    throw err;
  }
}
