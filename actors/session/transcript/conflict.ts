import type { Turn } from "../../../schemas/documents/collections.ts";
import type { QueueState } from "../../../schemas/documents/session-queue.ts";
import { inputSeqOf, isSameSlot, slotAt, unchangedQueue } from "./queue-state.ts";
import type { CommitResult, TurnStore } from "./turn-store.ts";

/** How to resolve a conflict on a turn's position in the transcript. */
export type Resolution =
  /** The stored turn is this insert, whose response was lost. */
  | { kind: "committed" }
  /** Another writer committed the message as this turn: publish its effects. */
  | { kind: "elsewhere"; turn: Turn }
  /** The message repeats an earlier one, which was committed as this turn. */
  | { kind: "duplicate"; turn: Turn }
  /** The session was deleted while the message was queued. */
  | { kind: "deleted" }
  /** Only clears and cuts made after the message came between: the same turn is inserted at a later n. */
  | { kind: "rebase"; n: number; firstId: number; queue: QueueState }
  /** The message runs or ran elsewhere, with another text, or needs no turn: examine it again. */
  | { kind: "rearranged" }
  /** The turn is based on a stale transcript: run it again. */
  | { kind: "again" };

type ConflictStore = Pick<TurnStore, "at" | "since" | "byClientMsgId" | "tail">;

/**
 * Decides from majority-committed data why the insert of `turn` failed and how to resolve it. Order matters:
 * first whether the stored turn is this insert, then whether the message is finished, then which turns were
 * inserted since.
 */
export async function resolveConflict(
  store: ConflictStore,
  turn: Turn,
  index: Exclude<CommitResult, "committed">,
): Promise<Resolution> {
  const { user, session, n } = turn._id;
  if (index === "client_msg_id" && turn.client_msg_id !== undefined) {
    const first = await store.byClientMsgId(user, session, turn.client_msg_id);
    if (first !== null) return ownOrFirst(turn, first);
  }
  const committed = await store.at(user, session, n);
  if (committed?.run_id === turn.run_id) return { kind: "committed" };
  const between = await store.since(user, session, n);
  const finished = between.filter((other) => other.in_seq >= turn.in_seq && !keepsCursor(other));
  const same = finished.find((other) => other.in_seq === turn.in_seq && other.reply !== undefined);
  // The owner before may have moved another message to this place: then this one still waits.
  if (same !== undefined)
    return isSameInput(same, turn) ? { kind: "elsewhere", turn: same } : { kind: "rearranged" };
  if (finished.some((other) => other.kind === "delete")) return { kind: "deleted" };
  if (finished.length > 0) return { kind: "rearranged" };
  const last = between.at(-1);
  const place = slotAt(last?.queue ?? unchangedQueue, turn.in_seq);
  if (between.some(({ kind }) => kind === "queue") && !isSameSlot(place, turn.slot))
    return { kind: "rearranged" };
  if (
    last !== undefined &&
    between.every(
      ({ kind, seen_seq = 0 }) =>
        kind === "queue" || ((kind === "clear" || kind === "cut") && seen_seq >= turn.in_seq),
    )
  ) {
    return { kind: "rebase", n: last._id.n + 1, firstId: last.first_id, queue: last.queue ?? unchangedQueue };
  }
  return { kind: "again" };
}

function ownOrFirst(turn: Turn, first: Turn): Resolution {
  if (first.run_id === turn.run_id) return { kind: "committed" };
  if (!isSameInput(first, turn)) return { kind: "duplicate", turn: first };
  return first.in_seq === turn.in_seq ? { kind: "elsewhere", turn: first } : { kind: "rearranged" };
}

/** Whether both are turns of the same entry of the log, wherever it ran. */
function isSameInput(one: Turn, other: Turn): boolean {
  return inputSeqOf(one) === inputSeqOf(other);
}

/** A turn made by request is no entry of the log: it keeps the cursor of the turn before it. */
function keepsCursor({ kind, reply, slot }: Turn): boolean {
  // A change of the queue with a place has finished that place.
  return (
    kind === "cut" || (kind === "queue" && slot === undefined) || (kind === "clear" && reply === undefined)
  );
}
