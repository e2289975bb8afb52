import { z } from "zod";
import { ruleSchema, runSchema } from "../documents/automation.ts";
import { storedObjectSchema, storedValueSchema } from "../foreign-json.ts";
import { idSchema } from "../ids.ts";
import { defineRoute } from "./route.ts";

const area = "automation";
const access = "user";
const params = z.object({ id: idSchema.describe("Id of the entry.") });
const object = storedObjectSchema;

const name = z.string().trim().min(1).max(128).describe("Name.");
const ruleFields = {
  name,
  description: z.string().max(4096).describe("Description in words."),
  trigger_type: z
    .string()
    .min(1)
    .max(32)
    .describe("What starts the rule: `manual`, `schedule`, `device`, `message` or `event`."),
  trigger_config: object.describe("Details of the trigger, by its type."),
  conditions: object.describe("Conditions under which the rule runs; `{}` = always."),
  actions: z
    .union([object, z.array(storedValueSchema)])
    .describe("What happens: one step, a list of steps, or `{steps: […]}`."),
  enabled: z.boolean().describe("Whether it is in use."),
};
const oneRule = z.object({
  success: z.literal(true).describe("Always true; failures are errors."),
  rule: ruleSchema.describe("The rule."),
});
const done = z.object({ success: z.literal(true).describe("Always true; failures are errors.") });
const page = {
  limit: z.coerce.number().int().min(1).max(200).default(50).describe("Largest number of entries to answer."),
  offset: z.coerce.number().int().min(0).max(1_000_000).default(0).describe("Number of entries to skip."),
};

/** `GET /api/v1/automation/rules`. */
export const listRules = defineRoute({
  method: "get",
  path: "/api/v1/automation/rules",
  access,
  area,
  name: "rules",
  summary: "Automation rules",
  answer: z.object({
    rules: z.array(ruleSchema).describe("The rules."),
    count: z.int().describe("Number of entries."),
  }),
});

/** `POST /api/v1/automation/rules`. */
export const createRule = defineRoute({
  method: "post",
  path: "/api/v1/automation/rules",
  access,
  area,
  name: "rule-create",
  summary: "Make a rule",
  body: z.object({
    ...ruleFields,
    description: ruleFields.description.default("").describe("Description in words."),
    trigger_config: object.default({}).describe("Details of the trigger, by its type."),
    conditions: object.default({}).describe("Conditions under which the rule runs; `{}` = always."),
    enabled: ruleFields.enabled.default(true).describe("Whether it is in use."),
  }),
  answer: oneRule,
  status: 201,
});

/** `GET /api/v1/automation/rules/:id`. */
export const getRule = defineRoute({
  method: "get",
  path: "/api/v1/automation/rules/:id",
  access,
  area,
  name: "rule",
  summary: "A rule",
  params,
  answer: z.object({ rule: ruleSchema.describe("The rule.") }),
});

/** `PUT /api/v1/automation/rules/:id`. */
export const updateRule = defineRoute({
  method: "put",
  path: "/api/v1/automation/rules/:id",
  access,
  area,
  name: "rule-update",
  summary: "Change a rule",
  params,
  body: z.object(ruleFields).partial(),
  answer: oneRule,
});

/** `DELETE /api/v1/automation/rules/:id`. */
export const deleteRule = defineRoute({
  method: "del",
  path: "/api/v1/automation/rules/:id",
  access,
  area,
  name: "rule-delete",
  summary: "Delete a rule and its runs",
  params,
  answer: done,
});

/** `POST /api/v1/automation/rules/:id/trigger`: answered when the run is stored; `dry_run` stubs its actions. */
export const triggerRule = defineRoute({
  method: "post",
  path: "/api/v1/automation/rules/:id/trigger",
  access,
  area,
  name: "rule-trigger",
  summary: "Run a rule now",
  params,
  body: z.object({
    dry_run: z.boolean().default(false).describe("Whether steps are only checked and not carried out."),
    event: object.optional().describe("Event that the run gets, as a trigger would give it."),
  }),
  answer: z.object({
    success: z.literal(true).describe("Always true; failures are errors."),
    message: z.string().describe("Text of the message."),
    run_id: z
      .string()
      .describe("Id of the run. Frames of one attempt with another `run_id` come from another process."),
  }),
});

/** `GET /api/v1/automation/rules/:id/runs`, the newest first. */
export const listRuns = defineRoute({
  method: "get",
  path: "/api/v1/automation/rules/:id/runs",
  access,
  area,
  name: "rule-runs",
  summary: "Runs of a rule with their traces",
  params,
  query: z.object(page),
  answer: z.object({
    runs: z.array(runSchema).describe("The runs, newest first."),
    total: z.int().describe("Number of entries in all, regardless of paging."),
  }),
});

/** `POST /api/v1/automation/rules/:id/backtest`: when the rule would have fired; nothing is done. */
export const backtestRule = defineRoute({
  method: "post",
  path: "/api/v1/automation/rules/:id/backtest",
  access,
  area,
  name: "rule-backtest",
  summary: "When a rule would have fired",
  params,
  body: z.object({
    from: z.string().max(64).describe("Start of the range, ISO 8601."),
    to: z.string().max(64).describe("End of the range, ISO 8601."),
  }),
  answer: z.object({
    rule_id: z.string().describe("Id of the rule."),
    from: z.iso.datetime().describe("Start of the range, ISO 8601."),
    to: z.iso.datetime().describe("End of the range, ISO 8601."),
    events: z.int().describe("Events that were looked at."),
    total: z.int().describe("Number of entries in all, regardless of paging."),
    truncated: z
      .boolean()
      .describe("Whether the range held more than could be looked at; the newest are missing then."),
    fired: z
      .array(
        runSchema
          .pick({ trigger: true, conditions: true, steps: true })
          .extend({ at: z.iso.datetime().describe("When it happened.") }),
      )
      .describe("When the rule would have run."),
  }),
});

/**
 * `POST /api/v1/automation/hooks/:hook`: the secret address of a `webhook` rule, as its `hook_url` says; the body is what
 * conditions and placeholders read as `webhook.body`.
 */
export const triggerHook = defineRoute({
  method: "post",
  path: "/api/v1/automation/hooks/:hook",
  access: "public",
  area,
  name: "hook",
  summary: "Run a rule by its secret address",
  params: z.object({ hook: idSchema.describe("Secret of the rule's address.") }),
  body: storedObjectSchema,
  answer: z.object({
    success: z.literal(true).describe("Whether the request succeeded."),
    run_id: z.string().describe("Id of the run."),
  }),
});

/** `POST /api/v1/events/:name`: triggers the `event` rules whose subject is `custom.<name>`; they read `event.data`. */
export const publishEvent = defineRoute({
  method: "post",
  path: "/api/v1/events/:name",
  access,
  area,
  name: "event-publish",
  summary: "Publish an event of one's own for rules",
  params: z.object({ name: idSchema.describe("Name of the event.") }),
  body: storedObjectSchema,
  answer: done,
});
