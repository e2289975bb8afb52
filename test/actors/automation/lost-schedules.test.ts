import { jetstreamManager } from "@nats-io/jetstream";
import test from "ava";
import { createLogger } from "../../../infra/log.ts";
import { connectNats } from "../../../infra/nats/connect.ts";
import { streams } from "../../../schemas/messages/subjects.ts";
import { call } from "../../_kit/clients/rest.ts";
import { ended, makeRule } from "../../_kit/worlds/automation.ts";
import { startSystem } from "../../_kit/worlds/system.ts";

test("reminders and cron rules fire though the engine has lost all its schedules", async (t) => {
  const system = await startSystem({ edges: 1, actors: 1, env: { LIMIT_SCHEDULE_PERIOD_MS: "1000" } });
  t.teardown(() => system.stop());
  const phone = await system.client("phone");
  const rule = await makeRule(system, "cron", {
    trigger_type: "schedule",
    trigger_config: { cron: "*/2 * * * * *" },
  });
  await ended(system, rule);
  const [actor] = system.actors;
  const remind_at = new Date(Date.now() + 5_000).toISOString();
  await call(system, "POST", "/reminders", { title: "soon", remind_at });
  actor?.kill("SIGKILL");
  await actor?.exit();

  const nc = await connectNats({
    url: system.engines.natsUrl,
    name: "fault",
    log: createLogger("test", { logLevel: "silent" }),
  });
  t.teardown(() => nc.close());
  await (await jetstreamManager(nc)).streams.delete(streams.schedules);
  await actor?.start();
  const { total } = (await call<{ total: number }>(system, "GET", `/automation/rules/${rule.id}/runs`)).body;
  await ended(system, rule, total + 2);
  await phone.frame(
    (one) => one.type === "notification" && one.notification.title === "soon",
    "the reminder",
  );
  t.pass();
});
