import test from "ava";
import type { Rule } from "../../../schemas/documents/automation.ts";
import { eventNames } from "../../../schemas/messages/subjects.ts";
import { call } from "../../_kit/clients/rest.ts";
import { eventually } from "../../_kit/judge/waiting.ts";
import { ended, makeRule, runsOf } from "../../_kit/worlds/automation.ts";
import { contextModel, startSystem } from "../../_kit/worlds/system.ts";

test("devices, messages, events and time trigger rules, and a back-test finds when they did", async (t) => {
  const system = await startSystem({ edges: 1, actors: 2, env: { DEFAULT_TIMEZONE: "Asia/Shanghai" } });
  t.teardown(() => system.stop());
  const phone = await system.client("phone");
  const from = new Date(Date.now() - 1_000).toISOString();
  const update = (temp: number) => call(system, "POST", "/devices/sensor/update", { state: { temp } });

  const hot = await makeRule(system, "hot", {
    trigger_type: "device",
    trigger_config: { device_id: "sensor", field: "temp", op: ">", value: 30 },
    conditions: {
      all: [
        { field: "state.temp", op: "<", value: 100 },
        { field: "previous.temp", op: "==", value: 25 },
      ],
    },
    actions: {
      steps: [
        { type: "device_command", device_id: "sensor", command: { fan: true } },
        { type: "notify", title: "hot" },
      ],
    },
  });
  for (const temp of [25, 31, 32, 20, 25, 35]) await update(temp);
  const run = await ended(system, hot, 2);
  t.is(run.status, "succeeded");
  t.deepEqual(run.trigger.event?.state, { temp: 35 });
  t.deepEqual(
    run.conditions.map(({ actual, met }) => [actual, met]),
    [
      [35, true],
      [25, true],
    ],
  );
  t.deepEqual(
    run.steps.map(({ type, status }) => [type, status]),
    [
      ["device_command", "succeeded"],
      ["notify", "succeeded"],
    ],
  );
  t.is((await runsOf(system, hot)).length, 2);

  const said = await makeRule(system, "said", {
    trigger_type: "message",
    trigger_config: { contains: "回家" },
    conditions: { any: [{ field: "message.content", op: "matches", value: "^我.*了$" }] },
    actions: { type: "send_message", content: "记一下：回家", session_id: "diary" },
  });
  const event = await makeRule(system, "event", {
    trigger_type: "event",
    trigger_config: { subject: eventNames.turnCompleted },
  });
  await phone.send("今天天气", { session: "main", model: contextModel });
  await phone.send("我回家了", { session: "main", model: contextModel });
  t.like(await ended(system, said), { status: "succeeded", steps: [{ result: { session_id: "diary" } }] });
  await phone.frame(
    (one) => one.type === "stream_end" && one.session_id === "diary",
    "the model's answer to the rule",
  );
  t.is((await ended(system, event, 2)).status, "succeeded");
  t.is((await runsOf(system, said)).length, 1, "what a rule sent triggers none");

  const cron = await makeRule(system, "cron", {
    trigger_type: "schedule",
    trigger_config: { cron: "*/2 * * * * *" },
  });
  const first = await ended(system, cron);
  t.is(first.trigger.at % 2_000, 0);
  const stopped = await call<{ rule: Rule }>(system, "PUT", `/automation/rules/${cron.id}`, {
    enabled: false,
  });
  t.false(stopped.body.rule.enabled);

  const backtest = (rule: Rule, range: Record<string, string>) =>
    call<{
      total: number;
      events: number;
      truncated: boolean;
      fired: { at: string; steps: { status: string }[] }[];
    }>(system, "POST", `/automation/rules/${rule.id}/backtest`, range);
  const past = { from, to: new Date().toISOString() };
  const found = await eventually(
    async () => {
      const { body } = await backtest(hot, past);
      return body.events === 6 && body;
    },
    5_000,
    "all updates in the past",
  );
  t.is(found.total, 2);
  t.is(found.fired[0]?.steps[0]?.status, "stubbed");
  t.is((await runsOf(system, hot)).length, 2, "nothing ran");
  t.is((await backtest(said, past)).body.total, 1);
  const daily = await makeRule(system, "daily", {
    trigger_type: "schedule",
    trigger_config: { cron: "30 2 * * *", timezone: "America/New_York" },
  });
  const changes = await backtest(daily, { from: "2024-03-09T00:00:00Z", to: "2024-03-12T00:00:00Z" });
  t.deepEqual(
    changes.body.fired.map(({ at }) => at),
    ["2024-03-09T07:30:00.000Z", "2024-03-10T07:00:00.000Z", "2024-03-11T06:30:00.000Z"],
  );
  t.is((await backtest(hot, { from: "x", to: "y" })).status, 400);
});
