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
  if (deleted !== null) pending.add(seq, effects.ofDeleted(input, seq, replyBegun), transcript.queue);
  else
    pending.add(
      seq,
      turn === null ? Promise.resolve() : effects.ofTurn(turn),
      turn?.queue ?? transcript.queue,
    );
}

/**
 * Publishes the effects of turns at changed places below `below` again, where this process has not yet: the entry of the
 * log at such a place may be a message that waits elsewhere, so that it is not found finished.
 */
export async function settleChanged(
  deps: ActorDeps,
  pending: PendingEffects,
  { byInSeq }: Transcript,
  below = Number.POSITIVE_INFINITY,
): Promise<void> {
  const turns = [...byInSeq.values()].filter(
    ({ in_seq, slot, blanked }) => slot !== undefined && blanked !== true && in_seq < below,
  );
  for (const turn of turns.toSorted((a, b) => a.in_seq - b.in_seq)) {
    if (turn.in_seq <= pending.settledTo) continue;
    await settleTurn(deps, turn, false);
    pending.add(turn.in_seq, deps.effects.ofTurn(turn), turn.queue);
  }
}
