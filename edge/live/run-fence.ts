import type { OutItem, RunMark } from "../../schemas/server-frame.ts";

/**
 * Lets through the frames of one run of each reply. Two processes may answer the same message for a moment: of two
 * attempts the higher is followed, of two runs of one attempt the first that was seen, until what is committed.
 */
export class RunFence {
  readonly #known = new Map<string, RunMark>();
  readonly #capacity: number;

  /** `capacity`: how many replies are remembered. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Whether the frame goes out. Whoever asks must send it if so. */
  admits({ frame, run }: OutItem): boolean {
    const id = "message_id" in frame ? frame.message_id : undefined;
    if (id === undefined) return true;
    // A new owner echoes again what it finds in the log; devices have it already.
    const echo = frame.type === "response" && frame.role === "user";
    const mark: RunMark | undefined = echo ? { attempt: 1, run_id: "", phase: "ended" } : run;
    if (mark === undefined) return true;
    const known = this.#known.get(id);
    if (known !== undefined && !follows(mark, known)) return false;
    this.#known.delete(id);
    this.#known.set(id, mark);
    if (this.#known.size > this.#capacity) this.#known.delete(this.#known.keys().next().value ?? "");
    return true;
  }
}

function follows(next: RunMark, known: RunMark): boolean {
  if (known.phase === "ended") return false;
  if (next.phase !== "running") return true;
  if (known.phase === "committed" || next.attempt < known.attempt) return false;
  return next.attempt > known.attempt || next.run_id === known.run_id;
}
