import test from "ava";
import mqtt from "mqtt";
import type { Device } from "../../../schemas/documents/device.ts";
import { call } from "../../_kit/clients/rest.ts";
import { eventually } from "../../_kit/judge/waiting.ts";
import { startSystem } from "../../_kit/worlds/system.ts";

test("a device that announces all its components in one message is one device with the value of each", async (t) => {
  const system = await startSystem({ edges: 1, actors: 1 });
  t.teardown(() => system.stop());
  const { key } = (await call<{ key: string }>(system, "POST", "/keys", { name: "node" })).body;
  const phone = await system.client("phone");
  const node = await mqtt.connectAsync(`mqtt://127.0.0.1:${system.engines.mqttPort}`, {
    clientId: "node",
    username: "admin",
    password: key,
    reconnectPeriod: 0,
  });
  t.teardown(() => node.endAsync(true));
  const announce = (config: unknown) =>
    node.publishAsync(
      "homeassistant/device/admin/room/config",
      config === null ? "" : JSON.stringify(config),
      {
        qos: 1,
        retain: true,
      },
    );
  const find = async () =>
    (await call<{ devices: Device[] }>(system, "GET", "/devices")).body.devices.find(
      ({ device_id }) => device_id === "room",
    );
  const config = {
    "~": "device/admin/room",
    dev: { ids: "0AFFD2", name: "客厅", mf: "Parley" },
    o: { name: "test", sw: "1" },
    stat_t: "~/update",
    avty: { t: "~/availability" },
    cmps: {
      temperature: { p: "sensor", dev_cla: "temperature", val_tpl: "{{ value_json.env.t }}", uniq_id: "t" },
      humidity: { p: "sensor", val_tpl: "{{ value_json['env']['h'] | float }}", uniq_id: "h" },
      fan: { p: "switch", val_tpl: "{{ value_json.fan }}", cmd_t: "~/command", uniq_id: "f" },
      lamp: {
        p: "light",
        stat_t: "device/admin/lamp/update",
        stat_val_tpl: "{{ value_json.on }}",
        cmd_t: "device/admin/lamp/command",
      },
      radio: { p: "switch", val_tpl: "{{ value_json.radio }}", cmd_t: "far/away" },
      old: { p: "sensor" },
    },
  };
  await announce(config);
  const found = await eventually(find, 15_000, "the device");
  t.like(found, { name: "客厅", type: "device" });
  t.is(found.unsupported, "radio: command_topic is not below device/admin/");

  await node.publishAsync(
    "device/admin/room/update",
    JSON.stringify({ env: { t: 21.5, h: 40 }, fan: "OFF" }),
    {
      qos: 1,
    },
  );
  await node.publishAsync("device/admin/lamp/update", '{"on":"ON"}');
  const told = await phone.frame(
    (one) =>
      one.type === "device_update" &&
      one.device_update.device_id === "room" &&
      Object.keys(one.device_update.state).length === 4,
    "all values",
  );
  if (told.type !== "device_update") return t.fail();
  t.deepEqual(told.device_update.state, { temperature: 21.5, humidity: 40, fan: "OFF", lamp: "ON" });

  await node.subscribeAsync(["device/admin/room/command", "device/admin/lamp/command"], { qos: 1 });
  const command = (body: unknown) => call<{ error?: string }>(system, "POST", "/devices/room/command", body);
  const heard = new Promise<string[]>((resolve) => {
    const all: string[] = [];
    node.on("message", (topic, payload) => {
      all.push(`${topic} ${payload.toString()}`);
      if (all.length === 2) resolve(all);
    });
  });
  t.is((await command({ command: "ON", component: "fan" })).status, 200);
  t.is((await command({ command: "OFF", component: "lamp" })).status, 200);
  t.deepEqual(await heard, ["device/admin/room/command ON", "device/admin/lamp/command OFF"]);
  for (const component of [undefined, "temperature", "none"]) {
    const refused = await command({ command: "ON", component });
    t.is(refused.status, 400);
    t.is(refused.body.error, "请求参数错误: component (fan, lamp)");
  }

  await node.publishAsync("device/admin/room/availability", "offline", { qos: 1 });
  await eventually(async () => (await find())?.online === false, 10_000, "the device is offline");
  await announce({ ...config, avty: { t: "~/availability", pl_avail: "ON" } });
  await node.publishAsync("device/admin/room/availability", "ON", { qos: 1 });
  await eventually(
    async () => (await find())?.online === true,
    10_000,
    "the device is online by its own word",
  );
  await announce({ ...config, avty: { t: "~/availability", val_tpl: "{{ value_json.s }}" } });
  await node.publishAsync("device/admin/room/availability", '{"s":"offline"}', { qos: 1 });
  await eventually(async () => (await find())?.online === false, 10_000, "the device is offline by JSON");
  await announce(null);
  await eventually(async () => (await find()) === undefined, 10_000, "the device is gone");
});
