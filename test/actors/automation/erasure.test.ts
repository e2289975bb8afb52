import { jetstreamManager } from "@nats-io/jetstream";
import test from "ava";
import { MongoClient } from "mongodb";
import { createLogger } from "../../../infra/log.ts";
import { connectNats } from "../../../infra/nats/connect.ts";
import { streams, subjects as subjectTable } from "../../../schemas/messages/subjects.ts";
import { call } from "../../_kit/clients/rest.ts";
import { eventually } from "../../_kit/judge/waiting.ts";
import { startSystem } from "../../_kit/worlds/system.ts";

test("nothing is left of a deleted user's reminders, rules, scenes, runs, devices and notifications", async (t) => {
  const system = await startSystem({ edges: 1, actors: 1, env: { REGISTRATION_ENABLED: "true" } });
  t.teardown(() => system.stop());
  const bob = "user_bob";
  const as = (path: string, body: unknown) => call(system, "POST", path, body, bob);
  const registered = await call(system, "POST", "/auth/register", {
    username: "bob",
    password: "a long password",
    email: "bob@example.org",
    nickname: "Bob",
    verify_code: "000000",
  });
  t.is(registered.status, 201);
  await as("/reminders", { title: "soon", remind_at: new Date(Date.now() + 3_600_000).toISOString() });
  const rule = await call<{ rule: { id: string } }>(
    system,
    "POST",
    "/automation/rules",
    {
      name: "r",
      trigger_type: "schedule",
      trigger_config: { cron: "0 * * * *" },
      actions: { type: "notify", title: "x" },
    },
    bob,
  );
  await as(`/automation/rules/${rule.body.rule.id}/trigger`, {});
  await as("/automation/scenes", { name: "s" });
  await as("/devices/lamp/update", { state: { on: true } });
  await as("/notifications/push", { user_id: bob, type: "info", title: "t", body: "b" });

  const client = await MongoClient.connect(system.engines.mongodbUri);
  t.teardown(() => client.close());
  const left = async () => {
    const names = ["reminders", "rules", "scenes", "runs", "notifications"];
    const counts = names.map((name) => client.db().collection(name).countDocuments({ user: bob }));
    const devices = client.db().collection("devices").countDocuments({ "_id.user": bob });
    return (await Promise.all([...counts, devices])).reduce((sum, one) => sum + one, 0);
  };
  t.true((await left()) >= 5);
  t.is((await call(system, "DELETE", `/admin/users/${bob}`)).status, 200);
  await eventually(async () => (await left()) === 0, 10_000, "nothing is left");
  const log = createLogger("test", { logLevel: "silent" });
  const nc = await connectNats({ url: system.engines.natsUrl, name: "test", log });
  t.teardown(() => nc.close());
  const jsm = await jetstreamManager(nc);
  const subjects = async () => {
    const filters = subjectTable.eventsOfUser(bob);
    const found = filters.map((filter) => jsm.streams.info(streams.events, { subjects_filter: filter }));
    return (await Promise.all(found)).flatMap(({ state }) => Object.keys(state.subjects ?? {}));
  };
  const deleted = subjectTable.eventUserDeleted(bob);
  const erased = async () => (await subjects()).every((subject) => subject === deleted);
  await eventually(erased, 10_000, "the user's events are erased");
});
