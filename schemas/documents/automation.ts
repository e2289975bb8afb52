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
    .describe("What starts the rule: `manual`, `schedule`, `device`, `message` or `event`."),
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
    .describe("What starts the rule: `manual`, `schedule`, `device`, `message` or `event`."),
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

const comparison = {
  op: z.string().default("==").describe("Comparison: `==` `!=` `>` `>=` `<` `<=` `contains` `matches`."),
  value: z.unknown().optional().describe("Value to compare with."),
};

/** Configuration of the triggers that need one. */
export const triggerConfigs = {
  schedule: z.object({
    cron: z.string().max(128).describe("Cron expression with five or six fields."),
    timezone: z
      .string()
      .max(64)
      .optional()
      .describe("IANA time zone of the schedule; the user's without it."),
  }),
  device: z.object({
    device_id: idSchema.describe("Id of the device: `^[A-Za-z0-9_-]{1,64}$`."),
    field: z.string().optional().describe("Path of the value in the event, such as `state.temp`."),
    ...comparison,
  }),
  message: z.object({
    contains: z.string().min(1).optional().describe("Text that the message contains."),
    pattern: z.string().min(1).optional().describe("Regular expression that the message matches."),
  }),
  event: z.object({ subject: z.string().min(1).max(256).describe("Name of the event.") }),
} as const;

export const conditionSchema = z.object({
  field: z.string().min(1).max(256).describe("Path of the value in the event, such as `state.temp`."),
  ...comparison,
});
export type Condition = z.infer<typeof conditionSchema>;

/** All or any of the conditions; `{}` always holds. */
export const conditionsSchema = z.object({
  all: z.array(conditionSchema).max(64).optional().describe("Holds when every condition of the list holds."),
  any: z
    .array(conditionSchema)
    .max(64)
    .optional()
    .describe("Holds when at least one condition of the list holds."),
});

/** What a rule may do. */
export const stepSchema = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("notify").describe("Kind of the step or trigger."),
    title: z.string().max(256).describe("Title."),
    body: z
      .string()
      .max(4096)
      .default("")
      .describe("Body: text of a notification, or JSON of a webhook call."),
    level: z
      .enum(["info", "warning", "success", "thinking", "reminder"])
      .default("info")
      .describe("How important it is."),
  }),
  z.object({
    type: z.literal("device_command").describe("Kind of the step or trigger."),
    device_id: idSchema.describe("Id of the device: `^[A-Za-z0-9_-]{1,64}$`."),
    command: z.unknown().describe("Command for the device, as it understands it."),
    component: z
      .string()
      .max(128)
      .optional()
      .describe(
        "Part of the device that is meant, by its key; needed where parts have command topics of their own.",
      ),
  }),
  z.object({
    type: z.literal("send_message").describe("Kind of the step or trigger."),
    content: z
      .string()
      .min(1)
      .max(100_000)
      .describe("Text that is sent to the session as if the user had written it."),
    session_id: idSchema.optional().describe("Id of the session: `^[A-Za-z0-9_-]{1,64}$`."),
  }),
  z.object({
    type: z.literal("webhook").describe("Kind of the step or trigger."),
    url: z.url().max(2048).describe("Address."),
    method: z.enum(["GET", "POST", "PUT", "PATCH", "DELETE"]).default("POST").describe("Method of the call."),
    headers: z
      .record(z.string().max(128), z.string().max(4096))
      .default({})
      .describe("Headers of the request or answer."),
    body: z.unknown().optional().describe("Body: text of a notification, or JSON of a webhook call."),
  }),
  z.object({
    type: z.literal("reminder").describe("Kind of the step or trigger."),
    title: z.string().min(1).max(256).describe("Title."),
    remind_at: z.string().optional().describe("When to remind: ISO 8601, with or without an offset."),
    delay_s: z.number().min(0).max(315_360_000).optional().describe("Seconds from the run to the reminder."),
  }),
  z.object({
    type: z.literal("scene").describe("Kind of the step or trigger."),
    scene_id: idSchema.describe("Id of the scene."),
  }),
]);
export type Step = z.infer<typeof stepSchema>;

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
