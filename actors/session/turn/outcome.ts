import type { Turn } from "../../../schemas/documents/collections.ts";

/**
 * How the run of a message ended:
 * - `committed`: as this turn; `own`: inserted by this run, so the transcript in memory stays valid.
 * - `dropped`: answered without a turn. - `superseded`: the cursor has passed it; the store has the result.
 * - `handed_over`: another process continues with it.
 */
export type Outcome =
  | { kind: "committed"; turn: Turn; own: boolean }
  | { kind: "dropped" }
  | { kind: "superseded" }
  | { kind: "handed_over" };
