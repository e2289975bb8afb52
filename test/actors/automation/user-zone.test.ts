import test from "ava";
import { localTime } from "../../../actors/time/zoned-time.ts";
import { call } from "../../_kit/clients/rest.ts";
import { ended, makeRule, runsOf } from "../../_kit/worlds/automation.ts";
import { startSystem } from "../../_kit/worlds/system.ts";

test("a cron rule without a time zone goes by its user's, also when that changes", async (t) => {
  const system = await startSystem({ edges: 1, actors: 1, env: { LIMIT_SCHEDULE_PERIOD_MS: "1000" } });
  t.teardown(() => system.stop());
  const move = (time_zone: string) => call(system, "PUT", "/profile", { time_zone });
  t.is((await move("Asia/Shanghai")).status, 200);
  // This hour and the next one of Berlin, which are not Shanghai's.
  const { hour } = localTime(Date.now(), "Europe/Berlin");
  const cron = `*/2 * ${hour},${(hour + 1) % 24} * * *`;
  const own = await makeRule(system, "own", { trigger_type: "schedule", trigger_config: { cron } });
  const fixed = await makeRule(system, "fixed", {
    trigger_type: "schedule",
    trigger_config: { cron, timezone: "Asia/Shanghai" },
  });
  t.is((await move("Europe/Berlin")).status, 200);
  t.is((await ended(system, own, 2)).status, "succeeded");
  t.deepEqual(await runsOf(system, fixed), []);
});
