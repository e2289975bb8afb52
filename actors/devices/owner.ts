import type { DeviceAnswer, DeviceAsk } from "../../schemas/documents/device.ts";
import { deviceAsk } from "../../schemas/messages/devices.ts";
import type { ActorContext } from "../actor-context.ts";

/** Asks the process that owns a user's devices; null where it does not answer. */
export async function askOwner(
  { bus, log }: Pick<ActorContext, "bus" | "log">,
  question: DeviceAsk,
  timeoutMs?: number,
): Promise<DeviceAnswer | null> {
  try {
    return await bus.ask(deviceAsk, question, timeoutMs === undefined ? {} : { timeoutMs });
  } catch (err) {
    log.debug({ err, user: question.user }, "owner of devices did not answer");
    return null;
  }
}
