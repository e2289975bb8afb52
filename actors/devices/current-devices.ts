import type { Device } from "../../schemas/documents/device.ts";
import { ParleyError } from "../../schemas/errors.ts";
import type { ActorContext } from "../actor-context.ts";
import { askOwner } from "./owner.ts";

/**
 * Current devices of a user, including unstored changes; unknown ids are omitted.
 * @throws ParleyError `service_unavailable` while they have no owner
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
