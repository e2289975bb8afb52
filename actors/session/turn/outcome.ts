import type { Turn } from "../../../schemas/documents/collections.ts";

/** How the run of a message ended. `own`: this run wrote the turn, so the transcript in memory may simply go on. */
export type Outcome =
  | { kind: "turn"; turn: Turn; own: boolean }
  | { kind: "dropped" }
  /** The transcript has passed the message: it is finished or deleted, by whom and how the store tells. */
  | { kind: "passed" }
  | { kind: "left" };
