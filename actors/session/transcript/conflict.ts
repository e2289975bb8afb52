import type { Turn } from "../../../schemas/documents/collections.ts";
import type { QueueState } from "../../../schemas/documents/session-queue.ts";
import { isSameSlot, slotAt, unchangedQueue } from "./queue-state.ts";
import type { CommitResult, TurnStore } from "./turn-store.ts";

/** What to do with a turn whose place in the transcript is taken. */
export type Resolution =
  /** It is this insert itself, whose answer was lost. */
  | { kind: "committed" }
  /** The message became this turn, by another writer: publish the effects of that one. */
  | { kind: "elsewhere"; turn: Turn }
  /** The client had sent the message before, and that one became this turn. */
  | { kind: "duplicate"; turn: Turn }
  /** The session was deleted with the message in its queue. */
  | { kind: "deleted" }
  /** The cursor has passed the message, which was answered without a turn: nothing is left to do. */
  | { kind: "superseded" }
  /** Only clears and cuts made after the message came between: the same turn is inserted at a later n. */
  | { kind: "rebase"; n: number; firstId: number; queue: QueueState }
  /** Another message, or another text, runs at the turn's place of the queue now. */
  | { kind: "rearranged" }
  /** The turn stands on a transcript that is no longer valid: run again. */
  | { kind: "again" };

type ConflictStore = Pick<TurnStore, "at" | "since" | "byClientMsgId" | "tail">;

/**
 * Decides, by what a majority has committed, why the insert of `turn` failed and what follows. Order matters: first
 * whether it was this insert, then whether the message is finished, then what came between.
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
  const same = finished.find((other) => other.in_seq === turn.in_seq && other.kind !== "delete");
  if (same !== undefined) return { kind: "elsewhere", turn: same };
  if (finished.some((other) => other.kind === "delete")) return { kind: "deleted" };
  if (finished.length > 0) return { kind: "superseded" };
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
  return first.in_seq === turn.in_seq
    ? { kind: "elsewhere", turn: first }
    : { kind: "duplicate", turn: first };
}

/** A turn made by request is no entry of the log: it keeps the cursor of the turn before it. */
function keepsCursor(turn: Turn): boolean {
  return turn.kind === "cut" || turn.kind === "queue" || (turn.kind === "clear" && turn.reply === undefined);
}
