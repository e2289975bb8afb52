import { type DeviceAnswer, type DeviceAsk, deviceAnswerSchema } from "../../schemas/documents/device.ts";
import { devicePartitionOf, subjects } from "../../schemas/messages/subjects.ts";
import type { ActorContext } from "../actor-context.ts";

/** How long an owner has to store what it has taken. */
const answerMs = 4_000;

/** Asks the process that owns a user's devices; null where it does not answer. */
export async function askOwner(
  { nc, log }: Pick<ActorContext, "nc" | "log">,
  question: DeviceAsk,
  timeout = answerMs,
): Promise<DeviceAnswer | null> {
  const subject = subjects.deviceAsk(devicePartitionOf(question.user));
  try {
    const answer = await nc.request(subject, JSON.stringify(question), { timeout });
    return deviceAnswerSchema.parse(answer.json());
  } catch (err) {
    log.debug({ err, user: question.user }, "owner of devices did not answer");
    return null;
  }
}
