import test from "ava";
import type { Rule } from "../../../schemas/documents/automation.ts";
import { call } from "../../_kit/clients/rest.ts";
import { eventually, lasting } from "../../_kit/judge/waiting.ts";
import { ended, makeRule, runsOf, trigger } from "../../_kit/worlds/automation.ts";
import { type System, startSystem } from "../../_kit/worlds/system.ts";

let system: System;
test.before(async () => {
  system = await startSystem({ edges: 1, actors: 1, env: { DEFAULT_TIMEZONE: "Europe/Berlin" } });
});
test.after.always(() => system?.stop());

const update = async (device: string, state: object) => {
  const { status } = await call(system, "POST", `/devices/${device}/update`, { state });
  if (status !== 200) throw new Error(`not updated: ${status}`);
};
const deviceRule = (name: string, trigger_config: object, parts: Partial<Rule> = {}) =>
  makeRule(system, name, {
    trigger_type: "device",
    trigger_config: trigger_config as Rule["trigger_config"],
    ...parts,
  });
/** Ends when a mark that came after everything else has had its run: events of a user are looked at in order. */
let marks = 0;
async function allLookedAt(): Promise<void> {
  marks += 1;
  const rule = await deviceRule(`mark ${marks}`, { device_id: "mark", field: "n", op: "==", value: marks });
  await update("mark", { n: marks });
  await ended(system, rule);
}

test.serial("nothing is crossed from a value that nobody knows", async (t) => {
  const rule = await deviceRule("hot", { device_id: "probe", field: "v", op: ">", value: 20 });
  for (const v of [19, 21, 22, "unknown", 23, null, 24, "unavailable", 25]) await update("probe", { v });
  await allLookedAt();
  const runs = await runsOf(system, rule);
  t.deepEqual(
    runs.map(({ trigger: { event } }) => event?.state),
    [{ v: 21 }],
  );
});

test.serial("a field may be a path, or a key with a dot", async (t) => {
  const path = await deviceRule("power", { device_id: "plug", field: "ENERGY.Power", op: ">", value: 100 });
  const dotted = await deviceRule("dotted", { device_id: "plug", field: "a.b", op: "==", value: 2 });
  for (const Power of [5, 150, 160]) await update("plug", { ENERGY: { Power } });
  await update("plug", { "a.b": 2 });
  await allLookedAt();
  t.is((await runsOf(system, path)).length, 1);
  t.is((await runsOf(system, dotted)).length, 1);
});

test.serial("conditions nest and read other devices, never those of another user", async (t) => {
  await update("alarm", { armed: true });
  await call(system, "POST", "/devices/secret/update", { state: { armed: true } }, "user_bob");
  const cases: [conditions: object, status: string][] = [
    [{ all: [{ field: "devices.alarm.state.armed", op: "==", value: true }] }, "succeeded"],
    [{ all: [{ field: "devices.secret.state.armed", op: "==", value: true }] }, "skipped"],
    [{ not: { field: "devices.alarm.state.armed", op: "==", value: true } }, "skipped"],
    [
      {
        all: [
          {
            any: [
              { field: "state.v", op: "==", value: 1 },
              { field: "state.v", op: "==", value: 2 },
            ],
          },
          { not: { field: "state.mode", op: "==", value: "away" } },
        ],
      },
      "succeeded",
    ],
  ];
  for (const [index, [conditions, status]] of cases.entries()) {
    const rule = await makeRule(system, `nested ${index}`, { conditions: conditions as Rule["conditions"] });
    await trigger(system, rule, { event: { state: { v: 2, mode: "home" } } });
    t.is((await ended(system, rule)).status, status as never, JSON.stringify(conditions));
  }
  const body = {
    name: "x",
    trigger_type: "manual",
    conditions: { all: [{ oops: 1 }] },
    actions: { type: "delay", seconds: 0 },
  };
  const refused = await call<{ error: string }>(system, "POST", "/automation/rules", body);
  t.is(refused.status, 400);
  t.regex(refused.body.error, /all\.0\.oops/);
});

test.serial("texts take the event's values, once", async (t) => {
  const rule = await deviceRule(
    "text",
    { device_id: "bath", field: "temp" },
    {
      actions: {
        type: "reminder",
        title: "Bath {{state.temp}} °C, was {{ previous.temp }} {{state.note}}",
        delay_s: 3600,
      },
    },
  );
  await update("bath", { temp: 20.5, note: "{{state.temp}}" });
  await update("bath", { temp: 21.5 });
  await ended(system, rule, 2);
  const { body } = await call<{ reminders: { title: string }[] }>(system, "GET", "/reminders");
  t.true(body.reminders.some(({ title }) => title === "Bath 21.5 °C, was 20.5 {{state.temp}}"));
  const actions = { type: "notify", title: "{{ state.temp | round }}" };
  const refused = await call<{ error: string }>(system, "POST", "/automation/rules", {
    name: "x",
    trigger_type: "manual",
    actions,
  });
  t.is(refused.status, 400);
  t.regex(refused.body.error, /step 1: title/);
});

test.serial("for_s and delays survive a kill -9 and happen once", async (t) => {
  const held = await deviceRule("open too long", {
    device_id: "door",
    field: "open",
    op: "==",
    value: true,
    for_s: 4,
  });
  const shut = await deviceRule("shut before", {
    device_id: "gate",
    field: "open",
    op: "==",
    value: true,
    for_s: 3,
  });
  const steps = [
    { type: "device_command", device_id: "door", command: "first" },
    { type: "delay", seconds: 5 },
    { type: "device_command", device_id: "door", command: "second" },
  ];
  const delayed = await makeRule(system, "delayed", { actions: { steps } });
  await update("door", { open: false });
  await update("gate", { open: false });
  await update("gate", { open: true });
  await update("door", { open: true });
  await update("door", { open: true, n: 1 });
  await update("gate", { open: false });
  await trigger(system, delayed);
  await eventually(
    async () => (await runsOf(system, delayed))[0]?.steps[1]?.until !== undefined,
    10_000,
    "the delay has begun",
  );
  const began = Date.now();
  await allLookedAt();
  for (const actor of system.actors) actor.kill("SIGKILL");
  await Promise.all(system.actors.map((actor) => actor.exit()));
  await Promise.all(system.actors.map((actor) => actor.start()));
  const run = await ended(system, delayed, 1, 40_000);
  t.is(run.status, "succeeded");
  t.deepEqual(
    run.steps.map(({ type, status, attempts }) => [type, status, attempts]),
    [
      ["device_command", "succeeded", 1],
      ["delay", "succeeded", 1],
      ["device_command", "succeeded", 1],
    ],
  );
  t.true(Date.now() - began >= 3_000);
  const over = await ended(system, held, 1, 30_000);
  t.is(over.status, "succeeded");
  await lasting(1_000);
  t.is((await runsOf(system, held)).length, 1, "once");
  t.is((await runsOf(system, shut)).length, 0, "not where it was shut before");
});

test.serial("webhooks, events of one's own and the sun trigger rules", async (t) => {
  const hook = await makeRule(system, "hook", {
    trigger_type: "webhook",
    conditions: { all: [{ field: "webhook.body.who", op: "==", value: "me" }] },
  });
  t.regex(hook.hook_url ?? "", /^\/api\/v1\/automation\/hooks\/[\w-]{43}$/);
  const post = (path: string, body: object) =>
    fetch(`${system.url()}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  t.is((await post(hook.hook_url ?? "", { who: "me" })).status, 200);
  t.is((await post("/api/v1/automation/hooks/nope", {})).status, 404);
  t.is((await ended(system, hook)).status, "succeeded");

  const event = await makeRule(system, "event", {
    trigger_type: "event",
    trigger_config: { subject: "custom.arrived" },
    conditions: { all: [{ field: ["event", "data", "who"].join("."), op: "==", value: "ann" }] },
  });
  t.is((await call(system, "POST", "/events/arrived", { who: "ann" })).status, 200);
  t.is((await ended(system, event)).status, "succeeded");

  const sun = {
    name: "sun",
    trigger_type: "sun",
    trigger_config: { event: "sunset", offset_min: -30 },
    actions: { type: "notify", title: "x" },
  };
  const nowhere = await call<{ error: string }>(system, "POST", "/automation/rules", sun);
  t.is(nowhere.status, 400);
  t.regex(nowhere.body.error, /latitude/);
  await call(system, "PUT", "/profile", { place: { latitude: 52.5, longitude: 13.4 } });
  t.is((await call(system, "POST", "/automation/rules", sun)).status, 201);
  const unknown = {
    name: "x",
    trigger_type: "manual",
    actions: { type: "device_command", device_id: "nobody", command: 1 },
  };
  const missing = await makeRule(system, "missing", unknown as never);
  await trigger(system, missing);
  t.like(await ended(system, missing), { status: "failed" });
});
