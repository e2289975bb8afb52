import type { Turn } from "../../../schemas/documents/collections.ts";
import type { CommitResult, TurnStore } from "./turn-store.ts";

/** What to do with a result whose place in the transcript was taken. */
export type Resolution =
  /** It was this very write: its answer had been lost. */
  | { kind: "committed" }
  /** The message became this turn, by another writer: publish the effects of that one. */
  | { kind: "elsewhere"; turn: Turn }
  /** The client had sent this message before, and that became this turn. */
  | { kind: "duplicate"; turn: Turn }
  /** The session was deleted with the message in its queue. */
  | { kind: "deleted" }
  /** The log has gone on past the message, which was answered without a turn: nothing is left to do. */
  | { kind: "superseded" }
  /** Only clears and cuts that knew of the message came between: the same result goes to a later n. */
  | { kind: "rebase"; n: number; firstId: number }
  /** The result stands on a transcript that is no longer so: run again. */
  | { kind: "again" };

type ConflictStore = Pick<TurnStore, "at" | "since" | "byClientMsgId" | "tail">;

/**
 * Decides by what a majority has committed why the insert of `turn` failed, and what follows. Order matters: first
 * whether it was us, then whether the message is finished, then what came between.
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
  const there = await store.at(user, session, n);
  if (there?.run_id === turn.run_id) return { kind: "committed" };
  const between = await store.since(user, session, n);
  const finished = between.filter((other) => other.in_seq >= turn.in_seq && !keepsCursor(other));
  const same = finished.find((other) => other.in_seq === turn.in_seq && other.kind !== "delete");
  if (same !== undefined) return { kind: "elsewhere", turn: same };
  if (finished.some((other) => other.kind === "delete")) return { kind: "deleted" };
  if (finished.length > 0) return { kind: "superseded" };
  const last = between.at(-1);
  if (
    last !== undefined &&
    between.every(
      (other) => (other.kind === "clear" || other.kind === "cut") && (other.seen_seq ?? 0) >= turn.in_seq,
    )
  ) {
    return { kind: "rebase", n: last._id.n + 1, firstId: last.first_id };
  }
  return { kind: "again" };
}

function ownOrFirst(turn: Turn, first: Turn): Resolution {
  if (first.run_id === turn.run_id) return { kind: "committed" };
  return first.in_seq === turn.in_seq
    ? { kind: "elsewhere", turn: first }
    : { kind: "duplicate", turn: first };
}

/** What was made by request stands beside the log: it keeps the cursor of the turn before it. */
function keepsCursor(turn: Turn): boolean {
  return turn.kind === "cut" || (turn.kind === "clear" && turn.reply === undefined);
}
