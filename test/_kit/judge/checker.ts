import { checkClients } from "./check-clients.ts";
import { checkContexts } from "./check-contexts.ts";
import { checkTurns } from "./check-turns.ts";
import type { History } from "./history.ts";

/** A violated guarantee, and the evidence. */
export interface Violation {
  rule: string;
  detail: string;
}

/** Reports a violation. */
export type Report = (rule: string, detail: string) => void;

/**
 * All guarantees of a session, checked over what clients, MongoDB and the log contain once the system is
 * idle:
 * - turns: exactly-once, refused-ran, order, dense-n, dense-ids, after-delete, ending, log-left, failed, transcript, blanked
 * - contexts: context
 * - clients: chain, final, final-text, chunks, view, isolation
 */
export function check(history: History): Violation[] {
  const violations: Violation[] = [];
  const report: Report = (rule, detail) => violations.push({ rule, detail });
  checkTurns(history, report);
  checkContexts(history, report);
  checkClients(history, report);
  return violations;
}

/** Formats violations for an assertion: counts by rule, then the first ones. */
export function describe(violations: readonly Violation[], seed: number): string {
  const counts = new Map<string, number>();
  for (const { rule } of violations) counts.set(rule, (counts.get(rule) ?? 0) + 1);
  const summary = [...counts].map(([rule, count]) => `${rule} ${count}`).join(", ");
  const first = violations.slice(0, 20).map(({ rule, detail }) => `  ${rule}: ${detail}`);
  return [`seed ${seed}: ${violations.length} violations (${summary})`, ...first].join("\n");
}
