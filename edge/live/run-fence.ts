import {
  deletedRunId,
  frameSeq,
  type OutItem,
  outBatchFrames,
  type RunMark,
  type StreamFrame,
} from "../../schemas/server-frame.ts";
import type { Batch } from "./frame.ts";

/** What is known of a reply: the mark of its last frame, and that of the last one which was streamed. */
interface Known {
  mark: RunMark;
  streamed: RunMark | undefined;
}

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

  /** A fence for what is sent once more: it follows the runs that this one has followed. */
  again(): RunFence {
    const fence = new RunFence(this.#capacity);
    for (const [id, { streamed }] of this.#known)
      if (streamed !== undefined) fence.#known.set(id, { mark: streamed, streamed });
    return fence;
  }

  /** The frames of a batch in their order. Whoever asks must send what is admitted. */
  *pass({ streamSeq, items }: Batch): Generator<FencedFrame> {
    const start = this.#restart(items);
    // Final frames are a message of their own: there are places below its first frame.
    const below = frameSeq(streamSeq, 0, items.length) - 1;
    if (start !== undefined) yield { frame: start, seq: below, origin: undefined, admitted: true };
    for (const [index, item] of items.entries()) {
      const seq = frameSeq(streamSeq, index, items.length);
      const admitted = this.#admits(item);
      const frame =
        start !== undefined && item.frame.type === "stream_end"
          ? { ...item.frame, attempt: start.attempt }
          : item.frame;
      yield { frame, seq, origin: item.origin, admitted };
    }
  }

  #admits({ frame, run }: OutItem): boolean {
    const id = "message_id" in frame ? frame.message_id : undefined;
    // A new owner echoes again what it finds in the log; devices have it already.
    const echo = frame.type === "response" && frame.role === "user";
    const mark: RunMark | undefined = echo ? { attempt: 1, run_id: "", phase: "ended" } : run;
    if (id === undefined || mark === undefined) return true;
    const before = this.#known.get(id);
    if (before !== undefined && !follows(mark, before.mark)) return false;
    this.#known.delete(id);
    this.#known.set(id, { mark, streamed: mark.phase === "running" ? mark : before?.streamed });
    if (this.#known.size > this.#capacity) this.#known.delete(this.#known.keys().next().value ?? "");
    return true;
  }

  /** The beginning of the committed run whose final frames these are, where the frames of another have gone out. */
  #restart(items: readonly OutItem[]): (StreamFrame & { type: "stream_start" }) | undefined {
    const item = items.find(({ frame }) => frame.type === "stream_end");
    if (item?.frame.type !== "stream_end" || item.run === undefined) return undefined;
    const { role, message_id, session_id, client_msg_id, response_mode, timestamp, attempt } = item.frame;
    const known = this.#known.get(message_id);
    if (known?.mark.phase !== "running" || known.mark.run_id === item.run.run_id) return undefined;
    const isFinal = items.length < outBatchFrames && items.every(({ run }) => run?.phase !== "running");
    if (!isFinal || item.run.run_id === deletedRunId) return undefined;
    return {
      type: "stream_start",
      role,
      message_id,
      session_id,
      client_msg_id,
      attempt: Math.max(attempt, known.mark.attempt + 1),
      response_mode,
      timestamp,
    };
  }
}

function follows(next: RunMark, known: RunMark): boolean {
  if (known.phase === "ended") return false;
  if (next.phase !== "running") return true;
  if (known.phase === "committed" || next.attempt < known.attempt) return false;
  return next.attempt > known.attempt || next.run_id === known.run_id;
}
