import { z } from "zod";
import { ruleSchema, runSchema, sceneSchema } from "../documents/automation.ts";
import { storedObjectSchema, storedValueSchema } from "../foreign-json.ts";
import { idSchema } from "../ids.ts";
import { defineRoute } from "./route.ts";

const area = "automation";
const access = "user";
const params = z.object({ id: idSchema });
const object = storedObjectSchema;

const name = z.string().trim().min(1).max(128);
const ruleFields = {
  name,
  description: z.string().max(4096),
  trigger_type: z.string().min(1).max(32),
  trigger_config: object,
  conditions: object,
  actions: z.union([object, z.array(storedValueSchema)]),
  enabled: z.boolean(),
};
const oneRule = z.object({ success: z.literal(true), rule: ruleSchema });
const sceneFields = { name, icon: z.string().max(256), rule_ids: z.array(idSchema).max(200) };
const oneScene = z.object({ success: z.literal(true), scene: sceneSchema });
const done = z.object({ success: z.literal(true) });
const page = {
  limit: z.coerce.number().int().min(1).max(200).default(50),
  offset: z.coerce.number().int().min(0).max(1_000_000).default(0),
};

/** `GET /api/v1/automation/rules`. */
export const listRules = defineRoute({
  method: "get",
  path: "/api/v1/automation/rules",
  access,
  area,
  name: "rules",
  summary: "Automation rules",
  answer: z.object({ rules: z.array(ruleSchema), count: z.int() }),
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
    description: ruleFields.description.default(""),
    trigger_config: object.default({}),
    conditions: object.default({}),
    enabled: ruleFields.enabled.default(true),
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
  answer: z.object({ rule: ruleSchema }),
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
  body: z.object({ dry_run: z.boolean().default(false), event: object.optional() }),
  answer: z.object({ success: z.literal(true), message: z.string(), run_id: z.string() }),
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
  answer: z.object({ runs: z.array(runSchema), total: z.int() }),
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
  body: z.object({ from: z.string().max(64), to: z.string().max(64) }),
  answer: z.object({
    rule_id: z.string(),
    from: z.iso.datetime(),
    to: z.iso.datetime(),
    /** Events that were looked at. */
    events: z.int(),
    total: z.int(),
    /** Whether the range held more than could be looked at; the newest are missing then. */
    truncated: z.boolean(),
    fired: z.array(
      runSchema.pick({ trigger: true, conditions: true, steps: true }).extend({ at: z.iso.datetime() }),
    ),
  }),
});

/** `GET /api/v1/automation/scenes`. */
export const listScenes = defineRoute({
  method: "get",
  path: "/api/v1/automation/scenes",
  access,
  area,
  name: "scenes",
  summary: "Scenes",
  answer: z.object({ scenes: z.array(sceneSchema), count: z.int() }),
});

/** `POST /api/v1/automation/scenes`. */
export const createScene = defineRoute({
  method: "post",
  path: "/api/v1/automation/scenes",
  access,
  area,
  name: "scene-create",
  summary: "Make a scene",
  body: z.object({
    name,
    icon: sceneFields.icon.default(""),
    rule_ids: sceneFields.rule_ids.default([]),
  }),
  answer: oneScene,
  status: 201,
});

/** `GET /api/v1/automation/scenes/:id`. */
export const getScene = defineRoute({
  method: "get",
  path: "/api/v1/automation/scenes/:id",
  access,
  area,
  name: "scene",
  summary: "A scene",
  params,
  answer: z.object({ scene: sceneSchema }),
});

/** `PUT /api/v1/automation/scenes/:id`. */
export const updateScene = defineRoute({
  method: "put",
  path: "/api/v1/automation/scenes/:id",
  access,
  area,
  name: "scene-update",
  summary: "Change a scene",
  params,
  body: z.object(sceneFields).partial(),
  answer: oneScene,
});

/** `DELETE /api/v1/automation/scenes/:id`. */
export const deleteScene = defineRoute({
  method: "del",
  path: "/api/v1/automation/scenes/:id",
  access,
  area,
  name: "scene-delete",
  summary: "Delete a scene; its rules stay",
  params,
  answer: done,
});

/** `POST /api/v1/automation/scenes/:id/execute`: answered when the runs of its rules are stored. */
export const executeScene = defineRoute({
  method: "post",
  path: "/api/v1/automation/scenes/:id/execute",
  access,
  area,
  name: "scene-execute",
  summary: "Run the rules of a scene now",
  params,
  answer: z.object({ success: z.literal(true), message: z.string() }),
});
