import { z } from "zod";
import { idSchema } from "../ids.ts";

const objectSchema = z.record(z.string(), z.unknown());

/** A rule as the API shows it. Trigger, conditions and actions are kept as they came; a run says what it can't do. */
export const ruleSchema = z.object({
  id: z.string(),
  user_id: z.string(),
  name: z.string(),
  description: z.string(),
  trigger_type: z.string(),
  trigger_config: objectSchema,
  conditions: objectSchema,
  actions: z.union([objectSchema, z.array(z.unknown())]),
  enabled: z.boolean(),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
  last_run_at: z.iso.datetime().nullable(),
  last_status: z.string().nullable(),
  run_count: z.int(),
});
export type Rule = z.infer<typeof ruleSchema>;

/** A rule as stored. `due_at` is the time for which a schedule rule's next schedule is set. */
export const ruleDocumentSchema = z.object({
  _id: idSchema,
  user: idSchema,
  name: z.string(),
  description: z.string(),
  trigger_type: z.string(),
  trigger_config: objectSchema,
  conditions: objectSchema,
  actions: z.union([objectSchema, z.array(z.unknown())]),
  enabled: z.boolean(),
  created_at: z.date(),
  updated_at: z.date(),
  due_at: z.date().nullable(),
  scheduled: z.boolean(),
  last_run_at: z.date().nullable(),
  last_status: z.string().nullable(),
  run_count: z.int(),
});
export type RuleDocument = z.infer<typeof ruleDocumentSchema>;

/** A scene: rules that are run together. */
export const sceneSchema = z.object({
  id: z.string(),
  user_id: z.string(),
  name: z.string(),
  icon: z.string(),
  rule_ids: z.array(z.string()),
  created_at: z.iso.datetime(),
});
export type Scene = z.infer<typeof sceneSchema>;

/** A scene as stored. */
export const sceneDocumentSchema = z.object({
  _id: idSchema,
  user: idSchema,
  name: z.string(),
  icon: z.string(),
  rule_ids: z.array(z.string()),
  created_at: z.date(),
});
export type SceneDocument = z.infer<typeof sceneDocumentSchema>;

const comparison = { op: z.string().default("=="), value: z.unknown().optional() };

/** Configuration of the triggers that need one. */
export const triggerConfigs = {
  schedule: z.object({ cron: z.string().max(128), timezone: z.string().max(64).optional() }),
  device: z.object({ device_id: idSchema, field: z.string().optional(), ...comparison }),
  message: z.object({ contains: z.string().min(1).optional(), pattern: z.string().min(1).optional() }),
  event: z.object({ subject: z.string().min(1).max(256) }),
} as const;

export const conditionSchema = z.object({ field: z.string().min(1).max(256), ...comparison });
export type Condition = z.infer<typeof conditionSchema>;

/** All or any of the conditions; `{}` always holds. */
export const conditionsSchema = z.object({
  all: z.array(conditionSchema).max(64).optional(),
  any: z.array(conditionSchema).max(64).optional(),
});

/** What a rule may do. */
export const stepSchema = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("notify"),
    title: z.string().max(256),
    body: z.string().max(4096).default(""),
    level: z.enum(["info", "warning", "success", "thinking", "reminder"]).default("info"),
  }),
  z.object({
    type: z.literal("device_command"),
    device_id: idSchema,
    command: z.unknown(),
    component: z.string().max(128).optional(),
  }),
  z.object({
    type: z.literal("send_message"),
    content: z.string().min(1).max(100_000),
    session_id: idSchema.optional(),
  }),
  z.object({
    type: z.literal("webhook"),
    url: z.url().max(2048),
    method: z.enum(["GET", "POST", "PUT", "PATCH", "DELETE"]).default("POST"),
    headers: z.record(z.string().max(128), z.string().max(4096)).default({}),
    body: z.unknown().optional(),
  }),
  z.object({
    type: z.literal("reminder"),
    title: z.string().min(1).max(256),
    remind_at: z.string().optional(),
    delay_s: z.number().min(0).max(315_360_000).optional(),
  }),
  z.object({ type: z.literal("scene"), scene_id: idSchema }),
]);
export type Step = z.infer<typeof stepSchema>;

/** What to do while an earlier run of the same rule is not finished; `actions.mode`. */
export const runModeSchema = z.enum(["single", "restart", "queued", "parallel"]);
export type RunMode = z.infer<typeof runModeSchema>;

/** Why a run began, with the event that caused it. */
export const runTriggerSchema = z.object({
  type: z.string(),
  at: z.int(),
  /** What the conditions read: `state`, `previous`, `message`, … */
  event: objectSchema.optional(),
  scene_id: z.string().optional(),
});
export type RunTrigger = z.infer<typeof runTriggerSchema>;

/** A run to be made, on `automation.in.<p>.<user>.<rule>`; `id` is the same however often its cause is handled. */
export const runRequestSchema = z.object({
  id: idSchema,
  user: idSchema,
  rule: idSchema,
  trigger: runTriggerSchema,
  /** Rules whose runs led to this one, the first first. */
  chain: z.array(z.string()),
  dry_run: z.boolean(),
});
export type RunRequest = z.infer<typeof runRequestSchema>;

export const runStatusSchema = z.enum(["running", "succeeded", "failed", "skipped"]);

/** What became of one step. `key` is its idempotency key. */
export const stepTraceSchema = z.object({
  index: z.int(),
  type: z.string(),
  key: z.string(),
  status: z.enum(["running", "succeeded", "failed", "stubbed"]),
  attempts: z.int(),
  result: z.unknown().optional(),
  error: z.string().optional(),
  duration_ms: z.number().optional(),
});
export type StepTrace = z.infer<typeof stepTraceSchema>;

/** One condition as it was judged: `actual` is what the event held. */
export const conditionTraceSchema = z.object({
  field: z.string(),
  op: z.string(),
  value: z.unknown().optional(),
  actual: z.unknown().optional(),
  met: z.boolean(),
});
export type ConditionTrace = z.infer<typeof conditionTraceSchema>;

/** A run as the API shows it. */
export const runSchema = z.object({
  id: z.string(),
  rule_id: z.string(),
  status: runStatusSchema,
  reason: z.string().optional(),
  dry_run: z.boolean(),
  trigger: runTriggerSchema,
  conditions: z.array(conditionTraceSchema),
  steps: z.array(stepTraceSchema),
  started_at: z.iso.datetime(),
  finished_at: z.iso.datetime().nullable(),
});
export type Run = z.infer<typeof runSchema>;

/** A run as stored; gone after 90 days. */
export const runDocumentSchema = z.object({
  _id: idSchema,
  user: idSchema,
  rule: idSchema,
  status: runStatusSchema,
  reason: z.string().optional(),
  dry_run: z.boolean(),
  trigger: runTriggerSchema,
  conditions: z.array(conditionTraceSchema),
  steps: z.array(stepTraceSchema),
  started_at: z.date(),
  finished_at: z.date().nullable(),
  expires_at: z.date(),
});
export type RunDocument = z.infer<typeof runDocumentSchema>;
