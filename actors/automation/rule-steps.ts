import type { RuleDocument } from "../../schemas/documents/automation.ts";
import { type Step, stepSchema } from "../../schemas/documents/rule-parts.ts";
import { assertPlaceholders, filled } from "./placeholders.ts";
import { RuleFault } from "./rule-fault.ts";

/** The unvalidated steps of a rule's actions. */
export function listedSteps(actions: RuleDocument["actions"]): unknown[] {
  return Array.isArray(actions) ? actions : Array.isArray(actions.steps) ? actions.steps : [actions];
}

/** The steps of a rule's actions. @throws RuleFault naming the first invalid one */
export function stepsOf(actions: RuleDocument["actions"], most: number): Step[] {
  const listed = listedSteps(actions);
  if (listed.length === 0) throw new RuleFault("actions: no steps");
  if (listed.length > most) throw new RuleFault(`actions: more than ${most} steps`);
  return listed.map(readStep);
}

/** A step with its placeholders replaced. @throws RuleFault when the result is not a valid step */
export function filledStep(step: Step, event: Record<string, unknown>, index: number): Step {
  return readStep(filled(step, event), index);
}

/**
 * Validates steps on save: placeholders must be plain paths, delays within bounds. Unknown step types are
 * reported by the run.
 * @throws RuleFault naming the step and the field
 */
export function assertSteps(actions: RuleDocument["actions"]): void {
  for (const [index, step] of listedSteps(actions).entries()) {
    if (typeof step !== "object" || step === null) continue;
    const given = step as Record<string, unknown>;
    if (given.type === "delay") readStep(step, index);
    try {
      assertPlaceholders(given);
    } catch (err) {
      if (!(err instanceof RuleFault)) throw err;
      throw new RuleFault(`step ${index + 1}: ${err.message}`, err);
    }
  }
}

function readStep(step: unknown, index: number): Step {
  const parsed = stepSchema.safeParse(step);
  if (parsed.success) return parsed.data;
  const type = String((step as { type?: unknown } | null)?.type ?? "").slice(0, 64);
  const [issue] = parsed.error.issues;
  if (issue?.path[0] === "type" || issue === undefined)
    throw new RuleFault(`step ${index + 1}: unknown type: ${type}`);
  throw new RuleFault(`step ${index + 1} (${type}): ${issue.path.join(".")} ${issue.message}`);
}
