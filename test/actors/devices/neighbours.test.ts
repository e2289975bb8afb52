import { jetstreamManager } from "@nats-io/jetstream";
import test from "ava";
import { createLogger } from "../../../infra/log.ts";
import { connectNats } from "../../../infra/nats/connect.ts";
import type { Refusal } from "../../../schemas/documents/device.ts";
import { MqttDevice } from "../../_kit/clients/device.ts";
import { call } from "../../_kit/clients/rest.ts";
import { eventually } from "../../_kit/judge/waiting.ts";
import { type System, startSystem } from "../../_kit/worlds/system.ts";
import { mintToken } from "../../_kit/worlds/token.ts";

let system: System;
let evil: MqttDevice;
test.before(async () => {
  const env = { LIMIT_USER_DEVICE_BYTES_PER_MIN: String(16 * 1024 * 1024) };
  system = await startSystem({ edges: 1, actors: 1, env });
  evil = await MqttDevice.connect(system, { user: "user_eve" });
});
test.after.always(async () => {
  await evil?.close();
  await system?.stop();
});

const good = "user_bob";
const update = (device: string, state: object) =>
  call(system, "POST", `/devices/${device}/update`, { state }, good);
const refusals = async (user: string) =>
  (await call<{ refused: Refusal[] }>(system, "GET", "/devices/refused", undefined, user)).body.refused;

const hostile: Record<string, [topic: string, payload: string]> = {
  "deep state": ["evil/update", `{"state":{"d":${"[".repeat(250)}${"]".repeat(250)}}}`],
  "NUL in a key": ["evil/update", '{"state":{"a\\u0000b":1}}'],
  "lone surrogate": ["evil/update", '{"state":{"a":"\\ud800"}}'],
  "key of 129 characters": ["evil/update", `{"state":{"${"k".repeat(129)}":1}}`],
  "wrong type": ["evil/update", '{"state":{"a":1},"type":7}'],
  "name is null": ["evil/update", '{"state":{"a":1},"name":null}'],
  "300 kB": ["evil/update", `{"state":{"a":"${"x".repeat(300_000)}"}}`],
  "state too large": ["evil/update", `{"state":{"a":"${"x".repeat(70_000)}"}}`],
  "broken JSON": ["evil/update", `{"state":{`],
  "deep plain value": ["evil/thing", `${"[".repeat(250)}${"]".repeat(250)}`],
  "deep announcement": ["homeassistant/sensor/evil/config", `{"a":${"[".repeat(250)}${"]".repeat(250)}}`],
  "many values": ["evil/list", `[${"1,".repeat(60_000)}1]`],
};

test.serial(
  "what one user's device can't say costs no other user an update, and its owner sees why",
  async (t) => {
    let n = 0;
    for (const [name, [topic, payload]] of Object.entries(hostile)) {
      await evil.say(topic, payload);
      const answers = await Promise.all(Array.from({ length: 5 }, (_, i) => update(`r${i}`, { n: n + i })));
      t.deepEqual([...new Set(answers.map(({ status }) => status))], [200], name);
      for (let i = 0; i < 5; i++) {
        const { body } = await call<{ device: { state: { n: number } } }>(
          system,
          "GET",
          `/devices/r${i}`,
          undefined,
          good,
        );
        t.is(body.device.state.n, n + i, name);
      }
      n += 5;
      await eventually(
        async () => (await refusals("user_eve"))[0]?.topic === `device/user_eve/${topic}`,
        10_000,
        `the refusal of ${name}`,
      );
    }
    const listed = await refusals("user_eve");
    t.true(listed.every(({ reason, time }) => reason.length > 0 && !Number.isNaN(Date.parse(time))));
    t.true(listed.length >= Object.keys(hostile).length - 2);
    t.deepEqual(await refusals(good), []);
  },
);

test.serial("what the server itself drops is listed too", async (t) => {
  await evil.client.publishAsync("tele/plug/STATE", '{"POWER":"ON"}', { qos: 1 });
  await evil.client.publishAsync(`device/${good}/lamp/update`, '{"state":{}}', { qos: 1 });
  const listed = await eventually(
    async () => {
      const found = (await refusals("user_eve")).filter(({ reason }) => reason.includes("not below"));
      return found.length >= 2 && found;
    },
    10_000,
    "both refusals",
  );
  t.deepEqual(listed.map(({ topic }) => topic).sort(), [`device/${good}/lamp/update`, "tele/plug/STATE"]);
});

test.serial("REST takes nothing that can't be stored, and says so", async (t) => {
  for (const text of ['{"state":{"a\\u0000b":1}}', `{"state":{"d":${"[".repeat(250)}${"]".repeat(250)}}}`]) {
    const answer = await fetch(`${system.url()}/api/v1/devices/x/update`, {
      method: "POST",
      headers: { authorization: `Bearer ${mintToken(good)}`, "content-type": "application/json" },
      body: text,
    });
    t.is(answer.status, 400);
  }
});

test.serial("a hundred small changes of a large device take little room in all streams", async (t) => {
  const nc = await connectNats({
    url: system.engines.natsUrl,
    name: "test",
    log: createLogger("test", { logLevel: "silent" }),
  });
  t.teardown(() => nc.close());
  const jsm = await jetstreamManager(nc);
  const bytes = async () => {
    let sum = 0;
    for await (const { state } of jsm.streams.list()) sum += state.bytes;
    return sum;
  };
  await update("large", { text: "x".repeat(60_000) });
  const before = await bytes();
  for (let n = 0; n < 100; n++) await update("large", { n });
  const grown = (await bytes()) - before;
  t.true(grown < 1024 * 1024, `${grown} bytes`);
});

test.serial("a flood ends no process, delays nobody and ends in the newest state", async (t) => {
  const flood = 600;
  const text = "x".repeat(60_000);
  const sent = Promise.all(
    Array.from({ length: flood }, (_, n) => evil.say("flood/update", { state: { n, text } })),
  );
  const slowest: number[] = [];
  for (let n = 0; n < 10; n++) {
    const from = performance.now();
    t.is((await update("calm", { n })).status, 200);
    slowest.push(performance.now() - from);
  }
  t.true(Math.max(...slowest) < 5_000, `${Math.round(Math.max(...slowest))} ms`);
  await sent;
  await evil.device("flood", ({ state }) => state.n === flood - 1, "the newest state", 60_000);
  t.true(system.actors.every((actor) => actor.running));
  t.true((await refusals("user_eve")).some(({ reason }) => reason.includes("too many updates")));
});
