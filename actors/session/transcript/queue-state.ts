import type { Turn } from "../../../schemas/documents/collections.ts";
import type { QueueSlot, QueueState } from "../../../schemas/documents/session-queue.ts";

/** Number of applied changes kept in the state; the log never holds more relevant ones. */
const maxApplied = 64;

/** A queue without changes. */
export const unchangedQueue: QueueState = { slots: [], applied: [], done: [] };

/** The relevant changes once the log is finished up to `cursor`; `slot`: the changed slot just finished. */
export function queueAfter(
  { slots, applied, done }: QueueState,
  cursor: number,
  slot?: QueueSlot,
): QueueState | undefined {
  const finished = slot === undefined ? done : [...done, slot.input_seq];
  const state = {
    slots: slots.filter(({ seq }) => seq > cursor),
    applied,
    done: finished.filter((seq) => seq > cursor),
  };
  // The log may hold changes of messages that were moved back, which are read again.
  const settled = trimmableTo(cursor, state);
  state.applied = applied.filter((seq) => seq > settled).slice(-maxApplied);
  return state.slots.length + state.applied.length + state.done.length === 0 ? undefined : state;
}

/**
 * Sequence up to which the log may be trimmed once finished up to `seq`; messages moved back are still
 * needed.
 */
export function trimmableTo(seq: number, state: QueueState | undefined): number {
  return Math.min(seq, ...(state?.slots ?? []).map(({ input_seq }) => input_seq - 1));
}

/** Sequence of the message that became a turn. Its `in_seq` is the place where the message ran. */
export function inputSeqOf({ slot, in_seq }: Pick<Turn, "slot" | "in_seq">): number {
  return slot?.input_seq ?? in_seq;
}

/** The changed place of a queue at `seq`, if it was changed. */
export function slotAt({ slots }: QueueState, seq: number): QueueSlot | undefined {
  return slots.find((slot) => slot.seq === seq);
}

/** Whether an unfinished message is due before `seq`: its turn must not be skipped. */
export function hasSlotBefore({ slots }: QueueState, seq: number): boolean {
  return slots.some((slot) => slot.seq < seq);
}

/** Whether two slots hold the same message with the same text. */
export function isSameSlot(one: QueueSlot | undefined, other: QueueSlot | undefined): boolean {
  return (
    one?.input_seq === other?.input_seq &&
    one?.edit_seq === other?.edit_seq &&
    one?.cancelled === other?.cancelled
  );
}
