import type { DeviceAnswer, DeviceAsk } from "../../schemas/documents/device.ts";
import { deviceAsk } from "../../schemas/messages/devices.ts";
import type { ActorContext } from "../actor-context.ts";

/** Requests the owner of a user's devices; null on no response. */
export async function askOwner(
  { bus, log }: Pick<ActorContext, "bus" | "log">,
  question: DeviceAsk,
  timeoutMs?: number,
): Promise<DeviceAnswer | null> {
  try {
    return await bus.ask(deviceAsk, question, timeoutMs === undefined ? {} : { timeoutMs });
  } catch (err) {
    log.debug({ err, user: question.user }, "request to device owner failed");
    return null;
  }
}
