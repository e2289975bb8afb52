import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import test from "ava";
import { connect } from "nats";
import { subjectOf } from "../../../schemas/messages/define.ts";
import { userDeleted } from "../../../schemas/messages/events.ts";
import { subjects } from "../../../schemas/messages/subjects.ts";
import { MqttDevice } from "../../_kit/clients/device.ts";
import { call } from "../../_kit/clients/rest.ts";
import { eventually, within } from "../../_kit/judge/waiting.ts";
import { type System, startSystem } from "../../_kit/worlds/system.ts";

let system: System;
test.before(async () => {
  system = await startSystem({ edges: 1, actors: 1 });
});
test.after.always(() => system?.stop());

test.serial(
  "two users with the same client id do not disturb one another; a user's second client replaces the first",
  async (t) => {
    const session = { clientId: "esp32-1", clean: false };
    const ann = await MqttDevice.connect(system, { user: "user_ann", ...session });
    const cut = new Promise<void>((resolve) => ann.client.once("close", () => resolve()));
    const heard = await ann.next("lamp/command");
    const bob = await MqttDevice.connect(system, { user: "user_bob", ...session });
    t.teardown(() => bob.close());
    await ann.say("lamp/update", { state: { on: true } });
    await ann.device("lamp", ({ state }) => state.on === true, "its state");
    await call(system, "POST", "/devices/lamp/command", { command: "OFF" }, "user_ann");
    t.is(await within(heard(), 10_000, "the command"), "OFF");
    t.true(ann.client.connected);

    const second = await MqttDevice.connect(system, { user: "user_ann", ...session });
    t.teardown(() => second.close());
    await within(cut, 10_000, "the first client is replaced");
  },
);

test.serial("the last will speaks when a connection breaks, and not when it is ended well", async (t) => {
  const watcher = await MqttDevice.connect(system, { user: "user_ann" });
  t.teardown(() => watcher.close());
  const will = {
    topic: "device/user_ann/door/availability",
    payload: Buffer.from("offline"),
    qos: 1 as const,
    retain: false,
  };
  const device = await MqttDevice.connect(system, { user: "user_ann", will });
  await device.say("door/update", { state: { open: true } });
  await watcher.device("door", ({ online }) => online, "is online");
  device.client.stream.destroy();
  await watcher.device("door", ({ online }) => !online, "is offline");
  await device.close();

  const other = { ...will, topic: "device/user_ann/gate/availability" };
  const polite = await MqttDevice.connect(system, { user: "user_ann", will: other });
  await polite.say("gate/update", { state: { open: true } });
  await watcher.device("gate", ({ online }) => online, "is online");
  await polite.client.endAsync();
  await watcher.say("mark/update", { state: { done: true } });
  await watcher.device("mark", ({ state }) => state.done === true, "the mark");
  t.true((await watcher.device("gate", () => true, "still there")).online);
});

test.serial("the room of MQTT's deliveries is closed to plain NATS", async (t) => {
  const { key } = (await call<{ key: string }>(system, "POST", "/keys", { name: "x" }, "user_bob")).body;
  const port = new URL(system.engines.natsUrl).port;
  const nats = await connect({ servers: `127.0.0.1:${port}`, user: "user_bob", pass: key, reconnect: false });
  t.teardown(() => nats.close());
  const refused = new Promise<string>((resolve) => {
    nats.subscribe(subjects.mqttDeliveries, { callback: (error) => resolve(String(error)) });
  });
  t.regex(await within(refused, 10_000, "the refusal"), /permission/i);
});

test.serial("retained messages and sessions of a deleted user go with them", async (t) => {
  const created = await call<{ user_id: string }>(system, "POST", "/keys", { name: "x" }, "user_gone");
  t.is(created.status, 201);
  const device = await MqttDevice.connect(system, { user: "user_gone", clientId: "hall", clean: false });
  await device.client.subscribeAsync("device/user_gone/#", { qos: 1 });
  await device.say("secret/update", { state: { code: 1234 } }, true);
  await device.device("secret", ({ state }) => state.code === 1234, "its state");
  await device.close();
  const nc = await connect({
    servers: system.engines.natsUrl.replace(/^nats:\/\/[^@]*@/, ""),
    ...credentials(system),
  });
  t.teardown(() => nc.close());
  const jsm = await jetstreamManager(nc);
  const kept = async () => {
    const info = await jsm.streams.info("$MQTT_rmsgs", { subjects_filter: ">" });
    return Object.keys(info.state.subjects ?? {}).filter((subject) => subject.includes("user_gone")).length;
  };
  t.true((await kept()) > 0);
  const sessions = async () => (await jsm.streams.info("$MQTT_sess")).state.messages;
  const before = await sessions();
  await jetstream(nc).publish(
    subjectOf(userDeleted, { user: "user_gone" }),
    JSON.stringify({ id: "deleted-user_gone", user: "user_gone", at: Date.now() }),
  );
  await eventually(
    async () => (await kept()) === 0 && (await sessions()) < before,
    20_000,
    "nothing is kept",
  );
});

function credentials({ engines }: System): { user: string; pass: string } {
  const { username, password } = new URL(engines.natsUrl);
  return { user: username, pass: decodeURIComponent(password) };
}
