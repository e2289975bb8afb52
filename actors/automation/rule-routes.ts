import { randomBytes } from "node:crypto";
import type { RuleDocument } from "../../schemas/documents/automation.ts";
import { ParleyError } from "../../schemas/errors.ts";
import { newId } from "../../schemas/ids.ts";
import {
  backtestRule,
  createRule,
  deleteRule,
  getRule,
  listRules,
  listRuns,
  triggerRule,
  updateRule,
} from "../../schemas/routes/automation.ts";
import { getDevice } from "../../schemas/routes/devices.ts";
import type { ActorContext } from "../actor-context.ts";
import { askRoute } from "../requests/ask-route.ts";
import { serveRoute } from "../requests/rest.ts";
import { userTimeZone } from "../time/user-time-zone.ts";
import { parseInstant } from "../time/zoned-time.ts";
import { backtest } from "./backtest.ts";
import type { RuleClock } from "./rule-clock.ts";
import { RuleFault } from "./rule-fault.ts";
import { type RunMeans, refuseRun } from "./rule-run.ts";
import { shownRule } from "./rule-store.ts";
import { runId } from "./run-intake.ts";
import { shownRun } from "./run-store.ts";
import { assertAllowedSteps } from "./step-addresses.ts";
import { principalOf } from "./steps.ts";
import { triggerFault } from "./triggers.ts";

/** What the routes of automation work with. */
export interface AutomationServices extends RunMeans {
  actor: ActorContext;
  clock: RuleClock;
}

type RuleBody = Pick<
  RuleDocument,
  "name" | "description" | "trigger_type" | "trigger_config" | "conditions" | "actions" | "enabled"
>;

/** Serves the rules of the API and their runs. */
export function serveRuleRoutes(services: AutomationServices): void {
  const { actor, rules, runs, clock } = services;
  serveRoute(actor, listRules, async ({ principal }) => {
    const found = await rules.rules(principal.user_id, actor.settings.limits.userRules);
    return { rules: found.map(shownRule), count: found.length };
  });
  serveRoute(actor, createRule, async ({ principal, body }) => {
    await assertAllowedSteps(body.actions, actor.settings);
    return { success: true as const, rule: shownRule(await create(services, principal.user_id, body)) };
  });
  serveRoute(actor, getRule, async ({ principal, params }) => {
    return { rule: shownRule(await find(services, principal.user_id, params.id)) };
  });
  serveRoute(actor, updateRule, async ({ principal, params, body }) => {
    await assertAllowedSteps(body.actions, actor.settings);
    const rule = await update(services, principal.user_id, params.id, body);
    return { success: true as const, rule: shownRule(rule) };
  });
  serveRoute(actor, deleteRule, async ({ principal: { user_id: user }, params }) => {
    const rule = await find(services, user, params.id);
    if (!(await rules.deleteRule(user, params.id))) throw missing();
    await clock.settle({ ...rule, due_at: null });
    await runs.deleteAll(user, params.id);
    return { success: true as const };
  });
  serveRunRoutes(services);
}

function serveRunRoutes(services: AutomationServices): void {
  const { actor, runs, intake } = services;
  serveRoute(
    actor,
    triggerRule,
    async ({ principal: { user_id: user }, params, body, idempotency_key: key }) => {
      const rule = await find(services, user, params.id);
      const id = runId(rule._id, key ?? newId("manual_"));
      const event = body.event ?? (await deviceOf(services, rule));
      const trigger = { type: "manual", at: Date.now(), ...(event !== undefined && { event }) };
      await intake.start({ id, user, rule: rule._id, trigger, chain: [], dry_run: body.dry_run });
      return { success: true as const, message: "规则已触发", run_id: id };
    },
  );
  serveRoute(actor, listRuns, async ({ principal: { user_id: user }, params, query }) => {
    await find(services, user, params.id);
    const [found, total] = await Promise.all([
      runs.list(user, params.id, query.limit, query.offset),
      runs.count(user, params.id),
    ]);
    return { runs: found.map(shownRun), total };
  });
  serveRoute(actor, backtestRule, async ({ principal: { user_id: user }, params, body }) => {
    const rule = await find(services, user, params.id);
    const zone = await userTimeZone(actor.db, actor.settings, user);
    const [from, to] = [parseInstant(body.from, zone), parseInstant(body.to, zone)];
    if (from === null || to === null || from > to)
      throw new ParleyError("invalid_request", { error: "请求参数错误: from, to" });
    try {
      const found = await backtest(actor.js, rule, { from, to, zone }, actor.settings.limits);
      return {
        rule_id: rule._id,
        from: new Date(from).toISOString(),
        to: new Date(to).toISOString(),
        ...found,
      };
    } catch (err) {
      if (err instanceof RuleFault)
        throw new ParleyError("invalid_request", { error: err.message, cause: err });
      throw err;
    }
  });
}

async function create(services: AutomationServices, user: string, body: RuleBody): Promise<RuleDocument> {
  const { actor, rules, clock } = services;
  const most = actor.settings.limits.userRules;
  if ((await rules.countRules(user, most)) >= most)
    throw new ParleyError("rate_limited", { error: "规则数量已达上限" });
  const now = new Date();
  const due_at = await clock.dueAt({ user, ...body }, now.getTime());
  const rule: RuleDocument = {
    _id: randomBytes(16).toString("hex"),
    user,
    ...body,
    created_at: now,
    updated_at: now,
    due_at,
    scheduled: due_at === null,
    last_run_at: null,
    last_status: null,
    run_count: 0,
  };
  await rules.addRule(rule);
  if (due_at !== null) await clock.settle(rule);
  return sayFault(services, rule);
}

async function update(
  services: AutomationServices,
  user: string,
  id: string,
  body: { [K in keyof RuleBody]?: RuleBody[K] | undefined },
): Promise<RuleDocument> {
  const { rules, clock } = services;
  const before = await find(services, user, id);
  const given = Object.fromEntries(
    Object.entries(body).filter(([, value]) => value !== undefined),
  ) as Partial<RuleBody>;
  const now = new Date();
  const after = { ...before, ...given };
  const reschedules =
    given.trigger_type !== undefined || given.trigger_config !== undefined || given.enabled !== undefined;
  const due_at = reschedules ? await clock.dueAt(after, now.getTime()) : before.due_at;
  const set = { ...given, updated_at: now, ...(reschedules && { due_at, scheduled: due_at === null }) };
  const rule = await rules.changeRule(user, id, set);
  if (rule === null) throw missing();
  if (reschedules) await clock.settle(rule);
  return reschedules ? sayFault(services, rule) : rule;
}

/** A rule whose trigger can never fire says so by a run that failed. */
async function sayFault(services: AutomationServices, rule: RuleDocument): Promise<RuleDocument> {
  const fault = rule.enabled ? triggerFault(rule) : null;
  if (fault === null) return rule;
  const { _id, user, trigger_type } = rule;
  const trigger = { type: trigger_type, at: Date.now() };
  const request = { id: runId(_id, newId("fault_")), user, rule: _id, trigger, chain: [], dry_run: false };
  await refuseRun(services, request, "failed", fault);
  return (await services.rules.rule(user, _id)) ?? rule;
}

/** What a manual run of a device rule looks at: the device as it is. */
async function deviceOf(
  { actor }: AutomationServices,
  rule: RuleDocument,
): Promise<Record<string, unknown> | undefined> {
  const id = rule.trigger_config.device_id;
  if (rule.trigger_type !== "device" || typeof id !== "string") return undefined;
  try {
    const ask = { principal: principalOf(rule.user), params: { device_id: id } };
    const { device } = await askRoute(actor.nc, getDevice, ask);
    return { device_id: id, device, state: device.state, previous: device.state, changed: [] };
  } catch {
    return undefined;
  }
}

async function find({ rules }: AutomationServices, user: string, id: string): Promise<RuleDocument> {
  const rule = await rules.rule(user, id);
  if (rule === null) throw missing();
  return rule;
}

function missing(): ParleyError {
  return new ParleyError("not_found", { error: "规则不存在" });
}
