import type { OutItem, RunMark } from "../../schemas/server-frame.ts";

/**
 * Lets through the frames of one run of each reply. Two processes may answer the same message for a moment: of two
 * attempts the higher is followed, of two runs of one attempt the first that was seen, until the committed end.
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
    if (frame.type === "response" && frame.role === "user") return this.#first(id);
    return run === undefined || this.#follows(id, run);
  }

  #first(id: string): boolean {
    if (this.#known.has(id)) return false;
    this.#remember(id, { attempt: 1, run_id: "", phase: "ended" });
    return true;
  }

  #follows(id: string, { attempt, run_id, phase }: RunMark): boolean {
    const known = this.#known.get(id);
    if (known?.phase === "ended") return false;
    if (known !== undefined && phase === "running") {
      if (known.phase !== "running" || attempt < known.attempt) return false;
      if (attempt === known.attempt && run_id !== known.run_id) return false;
    }
    this.#remember(id, { attempt, run_id, phase });
    return true;
  }

  #remember(id: string, known: RunMark): void {
    this.#known.delete(id);
    this.#known.set(id, known);
    if (this.#known.size > this.#capacity) this.#known.delete(this.#known.keys().next().value ?? "");
  }
}
