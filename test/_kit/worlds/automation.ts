import type { Rule, Run } from "../../../schemas/documents/automation.ts";
import { call } from "../clients/rest.ts";
import { eventually } from "../judge/waiting.ts";
import type { System } from "./system.ts";

type Parts = Partial<Pick<Rule, "trigger_type" | "trigger_config" | "conditions" | "actions" | "enabled">>;

/** Creates a rule; by default a manual one that sends a notification. */
export async function makeRule(system: System, name: string, parts: Parts = {}): Promise<Rule> {
  const { status, body } = await call<{ rule: Rule; error?: string }>(system, "POST", "/automation/rules", {
    name,
    trigger_type: "manual",
    actions: { type: "notify", title: name },
    ...parts,
  });
  if (status !== 201) throw new Error(`rule not created: ${status} ${body.error}`);
  return body.rule;
}

/** Triggers a rule manually and returns the run's id. */
export async function trigger(
  system: System,
  rule: Rule,
  body: Record<string, unknown> = {},
): Promise<string> {
  const answer = await call<{ run_id: string; message: string }>(
    system,
    "POST",
    `/automation/rules/${rule.id}/trigger`,
    body,
  );
  if (answer.status !== 200) throw new Error(`rule not triggered: ${answer.status}`);
  return answer.body.run_id;
}

/** The runs of a rule, the newest first. */
export async function runsOf(system: System, rule: Pick<Rule, "id">): Promise<Run[]> {
  return (await call<{ runs: Run[] }>(system, "GET", `/automation/rules/${rule.id}/runs`)).body.runs;
}

/** The newest run of a rule, once it has `count` runs and all have ended. */
export function ended(system: System, rule: Pick<Rule, "id">, count = 1, ms = 20_000): Promise<Run> {
  return eventually(
    async () => {
      const runs = await runsOf(system, rule);
      return runs.length >= count && runs.every(({ status }) => status !== "running") && runs[0];
    },
    ms,
    `${count} runs have ended`,
  );
}
