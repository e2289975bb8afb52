import { frameSeq, seqBefore } from "../../schemas/messages/out-batch.ts";
import {
  deletedRunId,
  type OutItem,
  type RunMark,
  type StreamFrame,
} from "../../schemas/wire/server-frame.ts";
import type { Batch } from "./frame.ts";

/** What is known of a reply: the mark of its last frame, that of the last one which was streamed, and where it ended. */
interface Known {
  mark: RunMark;
  streamed: RunMark | undefined;
  endedAt: number;
}

const never = Number.POSITIVE_INFINITY;

/** A frame of a batch with its place on the wire; `admitted` is false for one that another run has overtaken. */
export interface FencedFrame {
  frame: StreamFrame;
  seq: number;
  origin: OutItem["origin"];
  admitted: boolean;
}

/**
 * Lets through the frames of one run of each reply. Two processes may answer the same message for a moment: of two
 * attempts the higher is followed, of two runs of one attempt the first that was seen, until what is committed. Where
 * that is another run, a `stream_start` of a higher attempt comes first: what was shown until then is void.
 */
export class RunFence {
  readonly #known = new Map<string, Known>();
  readonly #capacity: number;

  /** `capacity`: how many replies are remembered. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** A fence for what is sent once more after `seq`: it follows the runs that this one has followed. */
  again(seq: number): RunFence {
    const fence = new RunFence(this.#capacity);
    for (const [id, known] of this.#known) {
      const { streamed, endedAt } = known;
      if (endedAt <= seq) fence.#known.set(id, known);
      else if (streamed !== undefined) fence.#known.set(id, { mark: streamed, streamed, endedAt: never });
    }
    return fence;
  }

  /** The frames of a batch in their order. Whoever asks must send what is admitted. */
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
    // A new owner echoes again what it finds in the log; devices have it already.
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
   * The beginning of the committed run whose first final frame this is, where the frames of another have gone out. The
   * frames that end a run travel in one message, so its end is in this batch; it gets the attempt of this beginning.
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
