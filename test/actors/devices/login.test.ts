import test from "ava";
import mqtt from "mqtt";
import { connect } from "nats";
import type { Device } from "../../../schemas/documents/device.ts";
import { subjects } from "../../../schemas/messages/subjects.ts";
import { call } from "../../_kit/clients/rest.ts";
import { eventually, within } from "../../_kit/judge/waiting.ts";
import { startSystem } from "../../_kit/worlds/system.ts";
import { mintToken } from "../../_kit/worlds/token.ts";

test("devices log in with their user's API key, over NATS and MQTT, and can't touch another user's", async (t) => {
  const system = await startSystem({ edges: 1, actors: 1 });
  t.teardown(() => system.stop());
  const made = (user: string) =>
    call<{ id: string; key: string }>(system, "POST", "/keys", { name: "devices" }, user);
  const keyOf = async (user: string) => (await made(user)).body.key;
  const key = await keyOf("admin");
  const bobs = await keyOf("user_bob");
  const phone = await system.client("phone");
  const natsPort = new URL(system.engines.natsUrl).port;
  const natsOptions = { servers: `127.0.0.1:${natsPort}`, reconnect: false, timeout: 10_000 };
  const mqttUrl = `mqtt://127.0.0.1:${system.engines.mqttPort}`;
  const mqttOptions = { reconnectPeriod: 0, connectTimeout: 10_000 };

  await t.throwsAsync(
    connect({ ...natsOptions, user: "admin", pass: bobs }),
    undefined,
    "another user's key",
  );
  await t.throwsAsync(connect({ ...natsOptions, user: "admin", pass: "sk-wrong" }));
  await t.throwsAsync(
    connect({ ...natsOptions, user: "admin", pass: mintToken("admin") }),
    undefined,
    "no key",
  );
  const scoped = { name: "chat", scopes: ["chat", "automation", "account", "admin"] };
  const { body: chat } = await call<{ key: string }>(system, "POST", "/keys", scoped, "admin");
  await t.throwsAsync(
    connect({ ...natsOptions, user: "admin", pass: chat.key }),
    undefined,
    "not for devices",
  );
  await t.throwsAsync(connect(natsOptions));
  await t.throwsAsync(
    mqtt.connectAsync(
      mqttUrl,
      { ...mqttOptions, clientId: "x", username: "admin", password: "sk-wrong" },
      false,
    ),
  );

  const nats = await connect({ ...natsOptions, user: "admin", pass: key });
  t.teardown(() => nats.close());
  nats.publish(subjects.deviceUpdate("admin", "sensor"), JSON.stringify({ state: { temp: 21 } }));
  await phone.frame(
    (one) => one.type === "device_update" && one.device_update.device_id === "sensor",
    "the NATS update",
  );
  const refusals: string[] = [];
  void (async () => {
    for await (const status of nats.status())
      if (status.type === "error") refusals.push(String(status.error));
  })();
  nats.publish(subjects.deviceUpdate("user_bob", "sensor"), JSON.stringify({ state: { temp: 99 } }));
  nats.publish(subjects.sessionIn("admin", "main"), "{}");
  nats.publish(
    subjects.mqttMessages("user_bob").replace(">", "lamp.update"),
    JSON.stringify({ state: { temp: 99 } }),
  );
  const refused = (subject: string) =>
    new Promise<string>((resolve) => {
      nats.subscribe(subject, { callback: (error) => resolve(error === null ? "a message" : String(error)) });
    });
  for (const subject of [subjects.deviceCommand("user_bob", "lamp"), subjects.outUserAll, ">"])
    t.regex(await within(refused(subject), 10_000, `${subject} is refused`), /permission/i);
  const published = () => refusals.filter((error) => /publish/i.test(error));
  await eventually(async () => published().length === 3, 10_000, "three refusals");

  const will = { topic: "device/admin/lamp/availability", payload: Buffer.from("offline"), qos: 1 as const };
  const lamp = await mqtt.connectAsync(mqttUrl, {
    ...mqttOptions,
    clientId: "lamp",
    username: "admin",
    password: key,
    keepalive: 2,
    will: { ...will, retain: false },
  });
  t.teardown(() => lamp.endAsync(true));
  for (const qos of [0, 1] as const)
    await lamp.publishAsync("device/admin/lamp/update", JSON.stringify({ state: { [`qos${qos}`]: true } }), {
      qos,
    });
  const seen = await phone.frame(
    (one) =>
      one.type === "device_update" &&
      one.device_update.device_id === "lamp" &&
      one.device_update.state.qos1 === true,
    "both updates",
  );
  if (seen.type !== "device_update") return t.fail();
  t.deepEqual(seen.device_update.state, { qos0: true, qos1: true });
  await lamp.subscribeAsync("device/admin/lamp/command", { qos: 1 });
  const command = new Promise<[string, Buffer]>((resolve) => {
    lamp.once("message", (topic, payload) => resolve([topic, payload]));
  });
  await call(system, "POST", "/devices/lamp/command", { command: { on: true } });
  const [topic, payload] = await within(command, 10_000, "the command");
  t.is(topic, "device/admin/lamp/command");
  t.is(payload.toString(), '{"on":true}');

  // Not allowed: the server closes the connection or drops it; what counts is that nobody gets it.
  const spy = await lamp
    .subscribeAsync("device/user_bob/lamp/command", { qos: 1 })
    .catch((error: Error) => error);
  t.true(spy instanceof Error || spy[0]?.qos === 128, "another user's topic is refused");
  const intruder = await mqtt.connectAsync(mqttUrl, {
    ...mqttOptions,
    clientId: "in",
    username: "admin",
    password: key,
  });
  t.teardown(() => intruder.endAsync(true));
  intruder.on("error", () => undefined);
  intruder.publish("device/user_bob/lamp/update", JSON.stringify({ state: { on: true } }), { qos: 0 });
  intruder.publish("$MQTT/msgs/device/user_bob/lamp/update", JSON.stringify({ state: { on: true } }), {
    qos: 0,
  });

  lamp.stream.destroy();
  const offline = await phone.frame(
    (one) =>
      one.type === "device_update" && one.device_update.device_id === "lamp" && !one.device_update.online,
    "the last will",
  );
  if (offline.type !== "device_update") return t.fail();
  t.deepEqual(offline.device_update.changed, ["online"]);
  const mine = await call<{ devices: Device[] }>(system, "GET", "/devices");
  t.deepEqual(
    mine.body.devices.map(({ device_id }) => device_id),
    ["lamp", "sensor"],
  );
  const his = await call<{ devices: Device[] }>(system, "GET", "/devices", undefined, "user_bob");
  t.deepEqual(his.body.devices, []);

  const second = (await made("admin")).body;
  const revoked = await connect({ ...natsOptions, user: "admin", pass: second.key });
  await call(system, "DELETE", `/keys/${second.id}`);
  await within(revoked.closed(), 5_000, "the connection of a deleted key is closed");
  t.false(nats.isClosed(), "that of another key is not");
  await t.throwsAsync(connect({ ...natsOptions, user: "admin", pass: second.key }));
});
