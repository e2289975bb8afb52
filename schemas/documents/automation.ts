import { z } from "zod";
import { idSchema } from "../ids.ts";

const objectSchema = z.record(z.string(), z.unknown());

/** A rule as the API shows it. Trigger, conditions and actions are kept as they came; a run says what it can't do. */
export const ruleSchema = z.object({
  id: z.string().describe("Id of the entry."),
  user_id: z.string().describe("Id of the user."),
  name: z.string().describe("Name."),
  description: z.string().describe("Description in words."),
  trigger_type: z
    .string()
    .describe(
      "What starts the rule: `manual`, `schedule`, `sun`, `device`, `message`, `event` or `webhook`.",
    ),
  trigger_config: objectSchema.describe("Details of the trigger, by its type."),
  conditions: objectSchema.describe("Conditions under which the rule runs; `{}` = always."),
  actions: z
    .union([objectSchema, z.array(z.unknown())])
    .describe("What happens: one step, a list of steps, or `{steps: […]}`."),
  enabled: z.boolean().describe("Whether it is in use."),
  created_at: z.iso.datetime().describe("When it was created, ISO 8601."),
  updated_at: z.iso.datetime().describe("When it was last changed, ISO 8601."),
  last_run_at: z.iso.datetime().nullable().describe("When the rule last ran, ISO 8601; null before."),
  last_status: z.string().nullable().describe("Result of the last run; null before the first."),
  run_count: z.int().describe("Number of runs."),
  dropped_count: z
    .int()
    .default(0)
    .describe("Runs that were dropped because too many of this rule or its user were waiting."),
  hook_url: z
    .string()
    .optional()
    .describe("Secret path of a `webhook` rule: a POST to it triggers the rule."),
});
export type Rule = z.infer<typeof ruleSchema>;

/** A rule as stored. `due_at` is the time for which a schedule rule's next schedule is set. */
export const ruleDocumentSchema = z.object({
  _id: idSchema.describe("Key of the document."),
  user: idSchema.describe("Id of the user."),
  name: z.string().describe("Name."),
  description: z.string().describe("Description in words."),
  trigger_type: z
    .string()
    .describe(
      "What starts the rule: `manual`, `schedule`, `sun`, `device`, `message`, `event` or `webhook`.",
    ),
  trigger_config: objectSchema.describe("Details of the trigger, by its type."),
  conditions: objectSchema.describe("Conditions under which the rule runs; `{}` = always."),
  actions: z
    .union([objectSchema, z.array(z.unknown())])
    .describe("What happens: one step, a list of steps, or `{steps: […]}`."),
  enabled: z.boolean().describe("Whether it is in use."),
  created_at: z.date().describe("When it was created, ISO 8601."),
  updated_at: z.date().describe("When it was last changed, ISO 8601."),
  due_at: z.date().nullable().describe("When it is due next."),
  scheduled: z.boolean().describe("Whether the schedule was handed to the server."),
  last_run_at: z.date().nullable().describe("When the rule last ran, ISO 8601; null before."),
  last_status: z.string().nullable().describe("Result of the last run; null before the first."),
  run_count: z.int().describe("Number of runs."),
  dropped_count: z.int().optional().describe("Runs that were dropped because too many were waiting."),
  hook: z.string().optional().describe("Secret of a `webhook` rule."),
});
export type RuleDocument = z.infer<typeof ruleDocumentSchema>;

/** A scene: rules that are run together. */
export const sceneSchema = z.object({
  id: z.string().describe("Id of the entry."),
  user_id: z.string().describe("Id of the user."),
  name: z.string().describe("Name."),
  icon: z.string().describe("Icon, for example an emoji."),
  rule_ids: z.array(z.string()).describe("Rules of the scene, in the order in which they run."),
  created_at: z.iso.datetime().describe("When it was created, ISO 8601."),
});
export type Scene = z.infer<typeof sceneSchema>;

/** A scene as stored. */
export const sceneDocumentSchema = z.object({
  _id: idSchema.describe("Key of the document."),
  user: idSchema.describe("Id of the user."),
  name: z.string().describe("Name."),
  icon: z.string().describe("Icon, for example an emoji."),
  rule_ids: z.array(z.string()).describe("Rules of the scene, in the order in which they run."),
  created_at: z.date().describe("When it was created, ISO 8601."),
});
export type SceneDocument = z.infer<typeof sceneDocumentSchema>;

/** What to do while an earlier run of the same rule is not finished; `actions.mode`. */
export const runModeSchema = z.enum(["single", "restart", "queued", "parallel"]);
export type RunMode = z.infer<typeof runModeSchema>;

/** Why a run began, with the event that caused it. */
export const runTriggerSchema = z.object({
  type: z.string().describe("Kind of the step or trigger."),
  at: z.int().describe("When it happened."),
  event: objectSchema.optional().describe("What the conditions read: `state`, `previous`, `message`, …"),
  scene_id: z.string().optional().describe("Id of the scene."),
});
export type RunTrigger = z.infer<typeof runTriggerSchema>;

/** A run to be made, on `automation.in.<p>.<user>.<rule>`; `id` is the same however often its cause is handled. */
export const runRequestSchema = z.object({
  id: idSchema.describe("Id of the entry."),
  user: idSchema.describe("Id of the user."),
  rule: idSchema.describe("The rule."),
  trigger: runTriggerSchema.describe("What started the run."),
  chain: z.array(z.string()).describe("Rules whose runs led to this one, the first first."),
  dry_run: z.boolean().describe("Whether steps are only checked and not carried out."),
  root: idSchema
    .optional()
    .describe("Run or scene that all of this began with: what it leads to is counted together."),
});
export type RunRequest = z.infer<typeof runRequestSchema>;

export const runStatusSchema = z.enum(["running", "succeeded", "failed", "skipped"]);

/** What became of one step. `key` is its idempotency key. */
export const stepTraceSchema = z.object({
  index: z.int().describe("Position in the list, from 0."),
  type: z.string().describe("Kind of the step or trigger."),
  key: z.string().describe("Key under which the step is carried out once."),
  status: z.enum(["running", "succeeded", "failed", "stubbed"]).describe("State of the entry."),
  attempts: z.int().describe("How often it was tried."),
  result: z.unknown().optional().describe("What came of it."),
  error: z.string().optional().describe("What went wrong, in words."),
  duration_ms: z.number().optional().describe("Duration in milliseconds."),
  until: z.int().optional().describe("When a `delay` ends, Unix ms."),
});
export type StepTrace = z.infer<typeof stepTraceSchema>;

/** One condition as it was judged: `actual` is what the event held. */
export const conditionTraceSchema = z.object({
  field: z.string().describe("Path of the value in the event, such as `state.temp`."),
  op: z.string().describe("Comparison: `==` `!=` `>` `>=` `<` `<=` `contains` `matches`."),
  value: z.unknown().optional().describe("Value to compare with."),
  actual: z.unknown().optional().describe("The value that was read."),
  met: z.boolean().describe("Whether the condition held."),
});
export type ConditionTrace = z.infer<typeof conditionTraceSchema>;

/** A run as the API shows it. */
export const runSchema = z.object({
  id: z.string().describe("Id of the entry."),
  rule_id: z.string().describe("Id of the rule."),
  status: runStatusSchema.describe("State of the entry."),
  reason: z.string().optional().describe("Why the run did not succeed."),
  dry_run: z.boolean().describe("Whether steps are only checked and not carried out."),
  trigger: runTriggerSchema.describe("What started the run."),
  conditions: z.array(conditionTraceSchema).describe("Each condition with the value that was read."),
  steps: z.array(stepTraceSchema).describe("Steps of the run with their results."),
  started_at: z.iso.datetime().describe("When it started."),
  finished_at: z.iso.datetime().nullable().describe("When it ended; null while it runs."),
});
export type Run = z.infer<typeof runSchema>;

/** A run as stored; gone after 90 days. */
export const runDocumentSchema = z.object({
  _id: idSchema.describe("Key of the document."),
  user: idSchema.describe("Id of the user."),
  rule: idSchema.describe("The rule."),
  status: runStatusSchema.describe("State of the entry."),
  reason: z.string().optional().describe("Why the run did not succeed."),
  dry_run: z.boolean().describe("Whether steps are only checked and not carried out."),
  trigger: runTriggerSchema.describe("What started the run."),
  conditions: z.array(conditionTraceSchema).describe("Each condition with the value that was read."),
  steps: z.array(stepTraceSchema).describe("Steps of the run with their results."),
  started_at: z.date().describe("When it started."),
  finished_at: z.date().nullable().describe("When it ended; null while it runs."),
  expires_at: z.date().describe("When the store removes it."),
});
export type RunDocument = z.infer<typeof runDocumentSchema>;

/**
 * A comparison of a `device` rule with `for_s`. It holds since `since` (null: it does not), and its run is due at
 * `due_at`. `seq` is the newest change that was looked at, so that a late one changes nothing it must not.
 */
export const holdDocumentSchema = z.object({
  _id: idSchema.describe("Key of the document: the rule."),
  user: idSchema.describe("Id of the user."),
  seq: z.number().describe("Sequence of the newest change that was looked at."),
  seq_at: z.number().describe("When that change happened, Unix ms."),
  since: z.number().nullable().describe("Since when the comparison holds, Unix ms; null while it does not."),
  since_seq: z.number().describe("Sequence of the change with which it began to hold."),
  due_at: z.number().nullable().describe("When the run is due, Unix ms."),
  scheduled: z.boolean().describe("Whether the schedule was handed to the server."),
  event: objectSchema.describe("What the run's conditions read."),
});
export type HoldDocument = z.infer<typeof holdDocumentSchema>;

/** How many runs one trigger has led to. */
export const runRootSchema = z.object({
  _id: idSchema.describe("Key of the document: the run or scene that it began with."),
  runs: z.int().describe("Number of runs."),
  expires_at: z.date().describe("When the store removes it."),
});
export type RunRoot = z.infer<typeof runRootSchema>;

/** Question to the owner of a rule's partition: make room for a newer run by dropping the oldest that waits. */
export const runAskSchema = z.object({
  kind: z.literal("drop_oldest").describe("Kind of the entry."),
  user: idSchema.describe("Id of the user."),
  rule: idSchema.describe("The rule."),
});
