import type { SessionInput } from "../../../schemas/messages/session-input.ts";
import type { Transcript } from "../transcript/transcript.ts";
import { releaseTurn, settleTurn } from "../turn/reserve.ts";
import type { ActorDeps } from "./actor-deps.ts";
import type { QueuedMessage } from "./mailbox.ts";
import type { PendingEffects } from "./pending-effects.ts";

/** Reads a message from the log, with its edited text; null if the entry was removed. */
export async function readMessage(
  deps: Pick<ActorDeps, "readInput" | "readEdit">,
  { inputSeq, editSeq }: QueuedMessage,
): Promise<SessionInput | null> {
  const input = await deps.readInput(inputSeq);
  if (input === null || editSeq === undefined) return input;
  const content = await deps.readEdit(editSeq);
  return content === null ? input : { ...input, content };
}

/** Re-publishes the effects of a committed message that is still in the log, as they may be missing. */
export async function settleFinished(
  deps: ActorDeps,
  pending: PendingEffects,
  { seq, replyBegun }: QueuedMessage,
  input: SessionInput,
  transcript: Transcript,
): Promise<void> {
  const { store, effects } = deps;
  const { user, session } = input;
  const turn = transcript.byInSeq.get(seq) ?? (await store.byInSeq(user, session, seq));
  if (turn === null) await releaseTurn(deps, user, session, seq);
  else await settleTurn(deps, turn, false);
  // A turn erased with its session has no effects left.
  const gone = turn === null || turn.blanked === true;
  const deleted = gone ? await store.deleteCovering(user, session, seq) : null;
  if (deleted !== null) pending.add(seq, effects.ofDeleted(input, seq, replyBegun));
  else pending.add(seq, turn === null ? Promise.resolve() : effects.ofTurn(turn), turn?.queue);
}
