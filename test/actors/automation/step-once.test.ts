import test from "ava";
import { createLogger } from "../../../infra/log.ts";
import { connectNats } from "../../../infra/nats/connect.ts";
import { subjects } from "../../../schemas/messages/subjects.ts";
import { call } from "../../_kit/clients/rest.ts";
import { ended, makeRule, runsOf } from "../../_kit/worlds/automation.ts";
import { contextModel, startSystem } from "../../_kit/worlds/system.ts";

test("a step whose process dies before it is noted is tried again, and what it does is done once", async (t) => {
  const system = await startSystem({ edges: 1, actors: 1 });
  t.teardown(() => system.stop());
  const phone = await system.client("phone");
  const nc = await connectNats({
    url: system.engines.natsUrl,
    name: "device",
    log: createLogger("test", { logLevel: "silent" }),
  });
  t.teardown(() => nc.close());
  const heard: string[] = [];
  nc.subscribe(subjects.deviceCommand("admin", "lamp"), {
    callback: (_err, message) => void heard.push(message.string()),
  });
  await nc.flush();

  await call(system, "POST", "/devices/lamp/update", { state: { on: false } });
  const other = await makeRule(system, "other", { actions: { type: "notify", title: "other" } });
  const scene = await call<{ scene: { id: string } }>(system, "POST", "/automation/scenes", {
    name: "s",
    rule_ids: [other.id],
  });
  const steps = [
    { type: "device_command", device_id: "lamp", command: { dim: 3 } },
    { type: "notify", title: "told" },
    { type: "send_message", content: "说一次", session_id: "diary" },
    { type: "reminder", title: "later", delay_s: 3_600 },
    { type: "scene", scene_id: scene.body.scene.id },
  ];
  const rule = await makeRule(system, "chain", {
    trigger_type: "device",
    trigger_config: { device_id: "lamp", field: "on" },
    actions: { steps },
  });
  const actor = system.actor(0);
  actor.kill("SIGKILL");
  await actor.exit();
  nc.publish(subjects.deviceUpdate("admin", "lamp"), JSON.stringify({ state: { on: true } }));
  for (const { type } of steps) {
    actor.spawn({ PARLEY_FAILPOINTS: `step_done=${type}` });
    t.is(await actor.exit(60_000), "SIGKILL", type);
  }
  await actor.start();

  const run = await ended(system, rule, 1, 60_000);
  t.is(run.status, "succeeded");
  t.deepEqual(
    run.steps.map(({ status, attempts }) => [status, attempts]),
    steps.map(() => ["succeeded", 2]),
  );
  await ended(system, other, 1, 60_000);
  await phone.frame((one) => one.type === "stream_end" && one.session_id === "diary", "the model's answer");
  await call(system, "POST", "/devices/lamp/command", { command: "last" });
  await phone.send("最后", { session: "diary", model: contextModel });
  // Delivered by whoever takes the event, again where that process died with it.
  for (const title of ["told", "other"])
    await phone.frame((one) => one.type === "notification" && one.notification.title === title, title);

  t.deepEqual(heard, ['{"dim":3}', "last"]);
  const titles = phone.frames.flatMap(({ frame }) =>
    frame.type === "notification" ? [frame.notification.title] : [],
  );
  t.deepEqual(titles.toSorted(), ["other", "told"]);
  const { body } = await call<{ messages: { role: string; content: string }[] }>(
    system,
    "GET",
    "/sessions/diary/messages",
  );
  const said = body.messages.filter(({ role }) => role === "user").map(({ content }) => content);
  t.deepEqual(said, ["说一次", "最后"]);
  const reminders = await call<{ count: number }>(system, "GET", "/reminders");
  t.is(reminders.body.count, 1);
  t.is((await runsOf(system, other)).length, 1);
});
