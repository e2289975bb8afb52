import type { Device } from "../../schemas/documents/device.ts";
import { ParleyError } from "../../schemas/errors.ts";
import type { ActorContext } from "../actor-context.ts";
import { askOwner } from "./owner.ts";

/**
 * Devices of a user as they are now, also what is not stored yet; those that do not exist are left out.
 * @throws ParleyError `service_unavailable` where nobody owns them at the moment
 */
export async function currentDevices(
  context: Pick<ActorContext, "bus" | "log">,
  user: string,
  ids: readonly string[],
): Promise<Device[]> {
  const answer = await askOwner(context, { kind: "read", user, devices: [...ids] });
  if (answer === null) throw new ParleyError("service_unavailable");
  return answer.devices ?? [];
}
