import type { RuleDocument } from "../../schemas/documents/automation.ts";
import { ParleyError } from "../../schemas/errors.ts";
import { newId } from "../../schemas/ids.ts";
import { customEvent } from "../../schemas/messages/events.ts";
import {
  backtestRule,
  listRuns,
  publishEvent,
  triggerHook,
  triggerRule,
} from "../../schemas/routes/automation.ts";
import { currentDevices } from "../devices/current-devices.ts";
import { serveRoute } from "../requests/rest.ts";
import { userTimeZone } from "../time/user-time-zone.ts";
import { parseInstant } from "../time/zoned-time.ts";
import { busyText } from "./backtest.ts";
import { RuleFault } from "./rule-fault.ts";
import { type AutomationServices, findRule } from "./rule-routes.ts";
import { runId } from "./run-intake.ts";
import { shownRun } from "./run-store.ts";

/** Serves the run routes and external triggers. */
export function serveRunRoutes(services: AutomationServices): void {
  const { actor, runs, intake } = services;
  serveRoute(
    actor,
    triggerRule,
    async ({ principal: { user_id: user }, params, body, idempotency_key: key }) => {
      const rule = await findRule(services, user, params.id);
      const id = runId(rule._id, key ?? newId("manual_"));
      const event = body.event ?? (await deviceOf(services, rule));
      const trigger = { type: "manual", at: Date.now(), ...(event !== undefined && { event }) };
      await intake.start({ id, user, rule: rule._id, trigger, chain: [], dry_run: body.dry_run });
      return { success: true as const, message: "规则已触发", run_id: id };
    },
  );
  serveRoute(actor, listRuns, async ({ principal: { user_id: user }, params, query }) => {
    await findRule(services, user, params.id);
    const [found, total] = await Promise.all([
      runs.list(user, params.id, query.limit, query.offset),
      runs.count(user, params.id),
    ]);
    return { runs: found.map(shownRun), total };
  });
  serveRoute(actor, backtestRule, async ({ principal: { user_id: user }, params, body }) => {
    const rule = await findRule(services, user, params.id);
    const zone = await userTimeZone(actor.db, actor.settings, user);
    const [from, to] = [parseInstant(body.from, zone), parseInstant(body.to, zone)];
    if (from === null || to === null || from > to)
      throw new ParleyError("invalid_request", { error: "请求参数错误: from, to" });
    try {
      const found = await services.backtester.run(rule, { from, to, zone });
      return {
        rule_id: rule._id,
        from: new Date(from).toISOString(),
        to: new Date(to).toISOString(),
        ...found,
      };
    } catch (err) {
      if (err instanceof RuleFault)
        throw new ParleyError(err.message === busyText ? "rate_limited" : "invalid_request", {
          error: err.message,
          cause: err,
        });
      throw err;
    }
  });
}

/** Serves the secret addresses of webhook rules, and events published by a user's programs. */
export function serveOutsideTriggers({ actor, rules, intake }: AutomationServices): void {
  serveRoute(actor, triggerHook, async ({ params, body, idempotency_key: key }) => {
    const rule = await rules.hooked(params.hook);
    if (rule === null) throw new ParleyError("not_found", { error: "规则不存在" });
    const { _id, user } = rule;
    const trigger = { type: "webhook", at: Date.now(), event: { webhook: { body } } };
    const id = runId(_id, key ?? newId("hook_"));
    await intake.startNewest({ id, user, rule: _id, trigger, chain: [], dry_run: false });
    return { success: true as const, run_id: id };
  });
  serveRoute(
    actor,
    publishEvent,
    async ({ principal: { user_id: user }, params, body, idempotency_key: key }) => {
      const event = { user, name: params.name, data: body, at: Date.now() };
      await actor.bus.append(customEvent, event, { id: `${user}.custom.${key ?? newId("evt_")}` });
      return { success: true as const };
    },
  );
}

/** Event of a manual run of a device rule: the device's current state. */
async function deviceOf(
  { actor }: AutomationServices,
  rule: RuleDocument,
): Promise<Record<string, unknown> | undefined> {
  const id = rule.trigger_config.device_id;
  if (rule.trigger_type !== "device" || typeof id !== "string") return undefined;
  const [device] = await currentDevices(actor, rule.user, [id]);
  if (device === undefined) return undefined;
  return { device_id: id, device, state: device.state, previous: device.state, changed: [] };
}
