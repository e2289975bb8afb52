import { randomBytes } from "node:crypto";
import type { RuleDocument } from "../../schemas/documents/automation.ts";
import { ParleyError } from "../../schemas/errors.ts";
import { newId } from "../../schemas/ids.ts";
import { createRule, deleteRule, getRule, listRules, updateRule } from "../../schemas/routes/automation.ts";
import type { ActorContext } from "../actor-context.ts";
import { serveRoute } from "../requests/rest.ts";
import { userPlace } from "../time/user-place.ts";
import type { Backtester } from "./backtest.ts";
import { assertConditions } from "./conditions.ts";
import type { HoldClock } from "./hold-clock.ts";
import type { RuleClock } from "./rule-clock.ts";
import { RuleFault } from "./rule-fault.ts";
import { type RunMeans, refuseRun } from "./rule-run.ts";
import { assertSteps } from "./rule-steps.ts";
import { shownRule } from "./rule-store.ts";
import { runId } from "./run-intake.ts";
import { assertAllowedSteps } from "./step-addresses.ts";
import { placeOf } from "./sun.ts";
import { assertTrigger, configOf, triggerFault } from "./triggers.ts";

/** Dependencies of the automation routes. */
export interface AutomationServices extends RunMeans {
  actor: ActorContext;
  clock: RuleClock;
  holds: HoldClock;
  backtester: Backtester;
}

type RuleBody = Pick<
  RuleDocument,
  "name" | "description" | "trigger_type" | "trigger_config" | "conditions" | "actions" | "enabled"
>;

/** Serves the rule routes. */
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
    return { rule: shownRule(await findRule(services, principal.user_id, params.id)) };
  });
  serveRoute(actor, updateRule, async ({ principal, params, body }) => {
    await assertAllowedSteps(body.actions, actor.settings);
    const rule = await update(services, principal.user_id, params.id, body);
    return { success: true as const, rule: shownRule(rule) };
  });
  serveRoute(actor, deleteRule, async ({ principal: { user_id: user }, params }) => {
    const rule = await findRule(services, user, params.id);
    if (!(await rules.deleteRule(user, params.id))) throw missing();
    await clock.settle({ ...rule, due_at: null });
    await services.holds.forget(rule);
    await runs.deleteAll(user, params.id);
    return { success: true as const };
  });
}

async function create(services: AutomationServices, user: string, body: RuleBody): Promise<RuleDocument> {
  const { actor, rules, clock } = services;
  const most = actor.settings.limits.userRules;
  if ((await rules.countRules(user, most)) >= most)
    throw new ParleyError("rate_limited", { error: "规则数量已达上限" });
  await assertRule(services, user, body);
  const now = new Date();
  const due_at = await clock.dueAt({ user, ...body }, now.getTime());
  const rule: RuleDocument = {
    _id: randomBytes(16).toString("hex"),
    user,
    ...body,
    ...hookOf(body),
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
  const before = await findRule(services, user, id);
  const given = Object.fromEntries(
    Object.entries(body).filter(([, value]) => value !== undefined),
  ) as Partial<RuleBody>;
  const now = new Date();
  const after = { ...before, ...given };
  await assertRule(services, user, after);
  const reschedules =
    given.trigger_type !== undefined || given.trigger_config !== undefined || given.enabled !== undefined;
  const due_at = reschedules ? await clock.dueAt(after, now.getTime()) : before.due_at;
  const hook = before.hook === undefined ? hookOf(after) : {};
  const set = {
    ...given,
    ...hook,
    updated_at: now,
    ...(reschedules && { due_at, scheduled: due_at === null }),
  };
  const rule = await rules.changeRule(user, id, set);
  if (rule === null) throw missing();
  if (reschedules) {
    await services.holds.forget(rule);
    await clock.settle(rule);
  }
  return reschedules ? sayFault(services, rule) : rule;
}

/** Validates a rule on save. @throws ParleyError `invalid_request` naming the field */
async function assertRule({ actor }: AutomationServices, user: string, rule: RuleBody): Promise<void> {
  try {
    assertTrigger(rule);
    assertConditions(rule.conditions);
    assertSteps(rule.actions);
    if (rule.trigger_type === "sun") {
      const config = configOf("sun", rule.trigger_config);
      placeOf(config, await userPlace(actor.db, user));
    }
  } catch (err) {
    if (!(err instanceof RuleFault)) throw err;
    throw new ParleyError("invalid_request", { error: `请求参数错误: ${err.message}`, cause: err });
  }
}

/** A new secret address for a webhook rule. */
function hookOf({ trigger_type }: Pick<RuleBody, "trigger_type">): { hook?: string } {
  return trigger_type === "webhook" ? { hook: randomBytes(32).toString("base64url") } : {};
}

/** Records a failed run for a rule that can never run. */
async function sayFault(services: AutomationServices, rule: RuleDocument): Promise<RuleDocument> {
  const fault = rule.enabled ? triggerFault(rule) : null;
  if (fault === null) return rule;
  const { _id, user, trigger_type } = rule;
  const trigger = { type: trigger_type, at: Date.now() };
  const request = { id: runId(_id, newId("fault_")), user, rule: _id, trigger, chain: [], dry_run: false };
  await refuseRun(services, request, "failed", fault);
  return (await services.rules.rule(user, _id)) ?? rule;
}

/** The user's rule. @throws ParleyError `not_found` */
export async function findRule(
  { rules }: AutomationServices,
  user: string,
  id: string,
): Promise<RuleDocument> {
  const rule = await rules.rule(user, id);
  if (rule === null) throw missing();
  return rule;
}

function missing(): ParleyError {
  return new ParleyError("not_found", { error: "规则不存在" });
}
