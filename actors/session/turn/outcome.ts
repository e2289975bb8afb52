import type { Turn } from "../../../schemas/documents/collections.ts";

/**
 * How the run of a message ended:
 * - `committed`: the message is this turn; `own`: this run inserted it, so the transcript in memory stays valid.
 * - `dropped`: it was answered without a turn. - `superseded`: the transcript has passed it; the store says how.
 * - `handed_over`: another process goes on with it.
 */
export type Outcome =
  | { kind: "committed"; turn: Turn; own: boolean }
  | { kind: "dropped" }
  | { kind: "superseded" }
  | { kind: "handed_over" };
