import test from "ava";
import { lasting } from "../../_kit/judge/waiting.ts";
import { ended, makeRule, runsOf } from "../../_kit/worlds/automation.ts";
import { startSystem } from "../../_kit/worlds/system.ts";

const outageMs = 5_000;

test("a cron rule runs once for all the times that an outage made it miss", async (t) => {
  const system = await startSystem({ edges: 1, actors: 2, env: { LIMIT_SCHEDULE_PERIOD_MS: "1000" } });
  t.teardown(() => system.stop());
  const rule = await makeRule(system, "each second", {
    trigger_type: "schedule",
    trigger_config: { cron: "* * * * * *" },
  });
  await ended(system, rule);
  for (const actor of system.actors) actor.kill("SIGKILL");
  await Promise.all(system.actors.map((actor) => actor.exit()));
  await system.engines.nats.kill("SIGKILL");
  const from = Date.now();
  await lasting(outageMs);
  const to = Date.now();
  await system.engines.nats.restart();
  await Promise.all(system.actors.map((actor) => actor.start()));

  // What a killed process had taken and not finished comes again after the consumer's 30 s.
  await ended(system, rule, 3, 60_000);
  const { length } = await runsOf(system, rule);
  await ended(system, rule, length + 3, 60_000);
  const times = (await runsOf(system, rule)).map(({ trigger }) => trigger.at);
  t.is(new Set(times).size, times.length, "each time once");
  t.is(times.filter((at) => at > from && at < to).length, 1, "all that was missed is one run");
});
