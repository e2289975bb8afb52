import test from "ava";
import type { Scene } from "../../../schemas/documents/automation.ts";
import { call } from "../../_kit/clients/rest.ts";
import { eventually } from "../../_kit/judge/waiting.ts";
import { ended, makeRule, runsOf, trigger } from "../../_kit/worlds/automation.ts";
import { type System, startSystem } from "../../_kit/worlds/system.ts";

let system: System;
test.before(async () => {
  system = await startSystem({ edges: 1, actors: 1, env: { LIMIT_RULE_RUNS: "20" } });
});
test.after.always(() => system.stop());

test.serial("a run that can't be stored ends as failed, and the next one runs", async (t) => {
  const rule = await makeRule(system, "poison");
  const poison = await call(system, "POST", `/automation/rules/${rule.id}/trigger`, {
    event: { "a\u0000b": 1 },
  });
  t.true([200, 400].includes(poison.status));
  await trigger(system, rule);
  t.is((await ended(system, rule)).status, "succeeded");
});

test.serial("a storm drops the oldest changes, never the newest, and counts them on the rule", async (t) => {
  const rule = await makeRule(system, "storm", {
    trigger_type: "device",
    trigger_config: { device_id: "meter", field: "n" },
    actions: { steps: [{ type: "delay", seconds: 0.02 }] },
  });
  const changes = 120;
  await Promise.all(
    Array.from({ length: changes }, (_, n) =>
      call(system, "POST", "/devices/meter/update", { state: { n } }),
    ),
  );
  await call(system, "POST", "/devices/meter/update", { state: { n: changes } });
  const shown = await eventually(
    async () => {
      const { rule: one } = (
        await call<{ rule: { dropped_count: number; run_count: number } }>(
          system,
          "GET",
          `/automation/rules/${rule.id}`,
        )
      ).body;
      const [newest] = await runsOf(system, rule);
      const last = (newest?.trigger.event?.state as { n?: number } | undefined)?.n;
      return last === changes && newest?.status === "succeeded" && one;
    },
    30_000,
    "the run of the newest change",
  );
  t.true(shown.dropped_count > 0);
  t.is(shown.dropped_count + shown.run_count, changes + 1, "each change ran or was counted");
});

test.serial("one trigger starts a bounded number of runs, however scenes lead to one another", async (t) => {
  const leaf = await makeRule(system, "leaf", { actions: { type: "delay", seconds: 0 } });
  let rule = leaf;
  for (let depth = 0; depth < 4; depth++) {
    const { scene } = (
      await call<{ scene: Scene }>(system, "POST", "/automation/scenes", {
        name: `scene ${depth}`,
        rule_ids: Array.from({ length: 10 }, () => rule.id),
      })
    ).body;
    rule = await makeRule(system, `level ${depth}`, { actions: { type: "scene", scene_id: scene.id } });
  }
  await trigger(system, rule);
  const run = await ended(system, rule);
  t.is(run.status, "succeeded");
  // The innermost level would run 10,000 times.
  await eventually(async () => (await runsOf(system, leaf)).length > 0, 20_000, "the innermost level");
  const total = async () =>
    (
      await call<{ rules: { run_count: number; name: string }[] }>(system, "GET", "/automation/rules")
    ).body.rules
      .filter(({ name }) => /^(leaf|level)/.test(name))
      .reduce((sum, { run_count }) => sum + run_count, 0);
  let before = -1;
  let same = 0;
  const runs = await eventually(
    async () => {
      const now = await total();
      same = now === before ? same + 1 : 0;
      before = now;
      return same >= 20 && now;
    },
    30_000,
    "no further runs",
  );
  t.true(runs <= 201, `${runs} runs`);
});

test.serial(
  "patterns take time in proportion to the text, and what they can't say is refused by name",
  async (t) => {
    const refused = async (trigger_type: string, trigger_config: object, named: RegExp, conditions = {}) => {
      const body = {
        name: "x",
        trigger_type,
        trigger_config,
        conditions,
        actions: { type: "delay", seconds: 0 },
      };
      const answer = await call<{ error: string }>(system, "POST", "/automation/rules", body);
      t.is(answer.status, 400, JSON.stringify(trigger_config));
      t.regex(answer.body.error, named);
    };
    await refused("message", { pattern: "(?=a)b" }, /pattern/);
    await refused("message", { pattern: "[a-z]{1,500}\\d" }, /pattern too large/);
    await refused(
      "device",
      { device_id: "d", field: "open", value: true, for: "00:05:00" },
      /unknown field for/,
    );
    await refused("manual", {}, /pattern/, { all: [{ field: "a", op: "matches", value: "(a)\\1" }] });
    for (let n = 0; n < 20; n++)
      await makeRule(system, `regex ${n}`, {
        trigger_type: "message",
        trigger_config: { pattern: `^(a+)+${n}$` },
      });
    const phone = await system.client("phone");
    const client = phone.send(`${"a".repeat(20_000)}!`, { session: "main", model: "ena-test" });
    const began = performance.now();
    t.is((await call(system, "GET", "/profile")).status, 200);
    t.true(performance.now() - began < 5_000);
    await client;
  },
);

test.serial(
  "a back-test of a whole month lets others be answered, and a user has one at a time",
  async (t) => {
    const rule = await makeRule(system, "seconds", {
      trigger_type: "schedule",
      trigger_config: { cron: "* * * * * *", timezone: "America/New_York" },
      enabled: false,
    });
    const range = { from: "2026-10-01T00:00:00Z", to: "2026-10-31T00:00:00Z" };
    const backtest = () =>
      call<{ total: number; truncated: boolean }>(
        system,
        "POST",
        `/automation/rules/${rule.id}/backtest`,
        range,
      );
    const running = backtest();
    const second = backtest();
    const profile = await call(system, "GET", "/profile");
    t.is(profile.status, 200);
    const answers = await Promise.all([running, second]);
    t.deepEqual(answers.map(({ status }) => status).sort(), [200, 429]);
    const found = answers.find(({ status }) => status === 200)?.body;
    t.true(found?.truncated === true || found?.total === 43_201, "each minute once, both ends included");
  },
);
