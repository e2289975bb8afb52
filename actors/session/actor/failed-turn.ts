import { releaseTurn } from "../turn/reserve.ts";
import type { ActorDeps } from "./actor-deps.ts";
import type { Queue } from "./admission.ts";
import type { QueuedMessage } from "./mailbox.ts";

/**
 * The last resort for a message of which not even a failed turn can be committed: its sender gets the error and the end of
 * the stream, it leaves the log, and the next message runs.
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
  queue.drop(message);
}
