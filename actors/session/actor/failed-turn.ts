import { releaseTurn } from "../turn/reserve.ts";
import type { ActorDeps } from "./actor-deps.ts";
import type { Queue } from "./admission.ts";
import type { QueuedMessage } from "./mailbox.ts";

/**
 * Last resort for a message whose failed turn can't be committed either: the sender gets the error and
 * `stream_end`, the message is removed from the log, and the next one runs.
 */
export async function failTurn(deps: ActorDeps, queue: Queue, message: QueuedMessage): Promise<void> {
  const { seq, messageId } = message;
  try {
    const input = await queue.inputOf(message);
    if (input !== null) {
      await deps.effects.ofFailed(input, seq);
      await releaseTurn(deps, input.user, input.session, seq);
    }
  } catch (err) {
    deps.log.error({ err, user: queue.user, seq, message: messageId }, "failed turn not reported");
  }
  await queue.drop(message);
}
