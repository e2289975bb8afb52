import { frameSeq, seqBefore } from "../../schemas/messages/out-batch.ts";
import { deletedRunId, type OutItem, type RunMark } from "../../schemas/messages/out-item.ts";
import type { StreamFrame } from "../../schemas/wire/server-frame.ts";
import type { Batch } from "./frame.ts";

/** State of a reply: marks of its last frame and its last streamed frame, and its end. */
interface Known {
  mark: RunMark;
  streamed: RunMark | undefined;
  endedAt: number;
}

const never = Number.POSITIVE_INFINITY;

/** A frame of a batch with its sequence; `admitted` is false for one of a superseded run. */
export interface FencedFrame {
  frame: StreamFrame;
  seq: number;
  origin: OutItem["origin"];
  admitted: boolean;
}

/**
 * Admits the frames of one run per reply. Two processes may briefly answer the same message: the higher
 * attempt wins, and of two runs of one attempt the first seen, until one is committed. When that is another
 * run, a `stream_start` with a higher attempt is inserted: clients then discard what they have shown.
 */
export class RunFence {
  readonly #known = new Map<string, Known>();
  readonly #capacity: number;

  /** `capacity`: number of replies remembered. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Returns a fence for replaying frames after `seq`: it follows the same runs as this one. */
  again(seq: number): RunFence {
    const fence = new RunFence(this.#capacity);
    for (const [id, known] of this.#known) {
      const { streamed, endedAt } = known;
      if (endedAt <= seq) fence.#known.set(id, known);
      else if (streamed !== undefined) fence.#known.set(id, { mark: streamed, streamed, endedAt: never });
    }
    return fence;
  }

  /** Yields the frames of a batch in order. The caller must send the admitted ones. */
  *pass({ streamSeq, items }: Batch): Generator<FencedFrame> {
    for (const [index, item] of items.entries()) {
      const seq = frameSeq(streamSeq, index, items.length);
      const start = this.#restart(item, items);
      if (start !== undefined) yield { frame: start, seq: seqBefore(seq), origin: undefined, admitted: true };
      const admitted = this.#admits(item, seq);
      yield { frame: item.frame, seq, origin: item.origin, admitted };
    }
  }

  #admits({ frame, run }: OutItem, seq: number): boolean {
    const id = "message_id" in frame ? frame.message_id : undefined;
    // A new owner repeats the echo of messages in the log; devices already have it.
    const echo = frame.type === "response" && frame.role === "user";
    const mark: RunMark | undefined = echo ? { attempt: 1, run_id: "", phase: "ended" } : run;
    if (id === undefined || mark === undefined) return true;
    const before = this.#known.get(id);
    if (before !== undefined && !follows(mark, before.mark)) return false;
    const streamed = mark.phase === "running" ? mark : before?.streamed;
    this.#known.delete(id);
    this.#known.set(id, { mark, streamed, endedAt: mark.phase === "ended" ? seq : never });
    if (this.#known.size > this.#capacity) this.#known.delete(this.#known.keys().next().value ?? "");
    return true;
  }

  /**
   * Returns the `stream_start` of a committed run whose first final frame this is, when frames of another run
   * were sent. Final frames of a run share one message, so its end is in this batch and gets the same
   * attempt.
   */
  #restart({ frame, run }: OutItem, items: readonly OutItem[]): StreamFrame | undefined {
    if (run === undefined || run.phase === "running" || run.run_id === deletedRunId) return undefined;
    const id = "message_id" in frame ? frame.message_id : undefined;
    const known = this.#known.get(id ?? "")?.mark;
    if (known?.phase !== "running" || known.run_id === run.run_id) return undefined;
    const end = items.find((item) => item.frame.type === "stream_end" && item.frame.message_id === id)?.frame;
    if (end?.type !== "stream_end") return undefined;
    end.attempt = Math.max(end.attempt, known.attempt + 1);
    const { role, message_id, session_id, client_msg_id, response_mode, timestamp, attempt } = end;
    const of = { role, message_id, session_id, client_msg_id, response_mode, timestamp, attempt };
    return { type: "stream_start", ...of };
  }
}

function follows(next: RunMark, known: RunMark): boolean {
  if (known.phase === "ended") return false;
  if (next.phase !== "running") return true;
  if (known.phase === "committed" || next.attempt < known.attempt) return false;
  return next.attempt > known.attempt || next.run_id === known.run_id;
}
