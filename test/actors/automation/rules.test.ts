import test from "ava";
import type { Rule, Scene } from "../../../schemas/documents/automation.ts";
import { call } from "../../_kit/clients/rest.ts";
import { ended, makeRule, runsOf, trigger } from "../../_kit/worlds/automation.ts";
import { startSystem } from "../../_kit/worlds/system.ts";

test("rules and scenes have the documented shapes, and runs say what became of them", async (t) => {
  const system = await startSystem({ edges: 1, actors: 1 });
  t.teardown(() => system.stop());
  const phone = await system.client("phone");

  const rule = await makeRule(system, "晚安", {
    conditions: { all: [{ field: "now.hour", op: ">=", value: 0 }] },
  });
  t.regex(rule.id, /^[0-9a-f]{32}$/);
  t.like(rule, {
    user_id: "admin",
    name: "晚安",
    description: "",
    trigger_type: "manual",
    trigger_config: {},
    enabled: true,
    run_count: 0,
  });
  const triggered = await call(system, "POST", `/automation/rules/${rule.id}/trigger`);
  t.like(triggered.body, { success: true, message: "规则已触发" });
  await phone.frame(
    (one) => one.type === "notification" && one.notification.title === "晚安",
    "the notification",
  );
  const run = await ended(system, rule);
  t.like(run, { status: "succeeded", rule_id: rule.id, trigger: { type: "manual" } });
  t.like(run.conditions[0], { field: "now.hour", op: ">=", value: 0, met: true });
  t.like(run.steps[0], { index: 0, type: "notify", status: "succeeded", attempts: 1 });
  t.truthy(run.finished_at);
  const shown = await call<{ rule: Rule }>(system, "GET", `/automation/rules/${rule.id}`);
  t.like(shown.body.rule, { last_status: "succeeded", run_count: 1 });

  const faults: [string, Partial<Rule>, "failed" | "skipped", RegExp][] = [
    [
      "not met",
      { conditions: { all: [{ field: "now.hour", op: ">", value: 99 }] } },
      "skipped",
      /conditions do not hold/,
    ],
    [
      "bad op",
      { conditions: { any: [{ field: "now.hour", op: "~=", value: 1 }] } },
      "failed",
      /unknown op: ~=/,
    ],
    [
      "bad step",
      { actions: { steps: [{ type: "notify", title: "x" }, { type: "dance" }] } },
      "failed",
      /step 2: unknown type: dance/,
    ],
    ["bad field", { actions: { type: "notify" } }, "failed", /step 1 \(notify\): title/],
    [
      "no device",
      { actions: { type: "device_command", device_id: "none", command: 1 } },
      "failed",
      /device does not exist: none/,
    ],
    ["no scene", { actions: { type: "scene", scene_id: "none" } }, "failed", /scene does not exist/],
    [
      "quadratic",
      { conditions: { all: [{ field: "text", op: "matches", value: "(a+)+$" }] } },
      "skipped",
      /conditions do not hold/,
    ],
  ];
  for (const [name, parts, status, reason] of faults) {
    const faulty = await makeRule(system, name, parts);
    await trigger(system, faulty, { event: { text: `${"a".repeat(40)}!` } });
    const one = await ended(system, faulty);
    t.is(one.status, status, name);
    t.regex(one.reason ?? "", reason, name);
  }
  const never = await makeRule(system, "never", {
    trigger_type: "schedule",
    trigger_config: { cron: "61 * * * *" },
  });
  t.is(never.last_status, "failed");
  t.regex((await runsOf(system, never))[0]?.reason ?? "", /cron can't be read: 61/);
  t.is((await makeRule(system, "odd", { trigger_type: "moon" })).last_status, "failed");

  const dry = await makeRule(system, "dry");
  await trigger(system, dry, { dry_run: true });
  const stub = await ended(system, dry);
  t.like(stub, { status: "succeeded", dry_run: true });
  t.deepEqual(stub.steps[0]?.status, "stubbed");

  const changed = await call<{ success: boolean; rule: Rule }>(
    system,
    "PUT",
    `/automation/rules/${rule.id}`,
    { name: "早安", enabled: false },
  );
  t.like(changed.body, { success: true, rule: { name: "早安", enabled: false, trigger_type: "manual" } });
  const list = await call<{ rules: Rule[]; count: number }>(system, "GET", "/automation/rules");
  t.is(list.body.count, list.body.rules.length);
  for (const body of [
    { name: "x", trigger_type: "manual" },
    { trigger_type: "manual", actions: {} },
    { name: "x", actions: {} },
    { name: "x", trigger_type: "manual", actions: "no" },
  ])
    t.is((await call(system, "POST", "/automation/rules", body)).status, 400);
  for (const [method, path] of [
    ["GET", ""],
    ["PUT", ""],
    ["DELETE", ""],
    ["POST", "/trigger"],
    ["GET", "/runs"],
    ["POST", "/backtest"],
  ] as const) {
    const body =
      method === "POST" || method === "PUT"
        ? { from: "2024-01-01T00:00:00Z", to: "2024-01-02T00:00:00Z" }
        : undefined;
    const other = await call(system, method, `/automation/rules/${rule.id}${path}`, body, "user_bob");
    t.deepEqual([other.status, other.body.error], [404, "规则不存在"], `${method} ${path}`);
  }
  t.deepEqual((await call(system, "DELETE", `/automation/rules/${rule.id}`)).body, { success: true });
  t.is((await call(system, "GET", `/automation/rules/${rule.id}`)).status, 404);

  const scene = await call<{ success: boolean; scene: Scene }>(system, "POST", "/automation/scenes", {
    name: "回家",
    icon: "🏠",
    rule_ids: [dry.id],
  });
  t.is(scene.status, 201);
  t.like(scene.body, {
    success: true,
    scene: { name: "回家", icon: "🏠", rule_ids: [dry.id], user_id: "admin" },
  });
  const { id } = scene.body.scene;
  const executed = await call(system, "POST", `/automation/scenes/${id}/execute`);
  t.deepEqual(executed.body, { success: true, message: "场景已执行" });
  t.like(await ended(system, dry, 2), { status: "succeeded", trigger: { type: "scene", scene_id: id } });
  const renamed = await call<{ scene: Scene }>(system, "PUT", `/automation/scenes/${id}`, { name: "离家" });
  t.like(renamed.body.scene, { name: "离家", icon: "🏠" });
  t.is((await call(system, "GET", `/automation/scenes/${id}`, undefined, "user_bob")).status, 404);
  t.is((await call<{ count: number }>(system, "GET", "/automation/scenes")).body.count, 1);

  const cyclic = await makeRule(system, "cycle", { actions: { type: "scene", scene_id: id } });
  await call(system, "PUT", `/automation/scenes/${id}`, { rule_ids: [cyclic.id] });
  await trigger(system, cyclic);
  const cut = await ended(system, cyclic, 2);
  t.is(cut.status, "failed");
  t.is(cut.reason, `cycle: ${cyclic.id} → ${cyclic.id}`);
  t.deepEqual((await call(system, "DELETE", `/automation/scenes/${id}`)).body, { success: true });
});
