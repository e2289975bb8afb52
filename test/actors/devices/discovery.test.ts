import test from "ava";
import mqtt from "mqtt";
import type { Device } from "../../../schemas/documents/device.ts";
import { call } from "../../_kit/clients/rest.ts";
import { eventually } from "../../_kit/judge/waiting.ts";
import { startSystem } from "../../_kit/worlds/system.ts";

test("a device that announces itself as Home Assistant's do appears, with its values and commands", async (t) => {
  const system = await startSystem({ edges: 1, actors: 1 });
  t.teardown(() => system.stop());
  const { key } = (await call<{ key: string }>(system, "POST", "/keys", { name: "bridge" })).body;
  const phone = await system.client("phone");
  const bridge = await mqtt.connectAsync(`mqtt://127.0.0.1:${system.engines.mqttPort}`, {
    clientId: "bridge",
    username: "admin",
    password: key,
    reconnectPeriod: 0,
  });
  t.teardown(() => bridge.endAsync(true));
  const announce = (component: string, object: string, config: unknown) =>
    bridge.publishAsync(
      `homeassistant/${component}/admin/${object}/config`,
      config === null ? "" : JSON.stringify(config),
      { qos: 1 },
    );
  const base = { "~": "device/admin/node1", stat_t: "~/update", avty_t: "~/availability" };

  await announce("sensor", "temp1", {
    ...base,
    name: "温度",
    val_tpl: "{{ value_json.climate['temp'] | round(1) }}",
  });
  await announce("sensor", "hum1", { ...base, name: "湿度", val_tpl: "{{ value_json.climate.humidity }}" });
  await announce("switch", "fan1", {
    name: "风扇",
    state_topic: "device/admin/fan1/update",
    command_topic: "device/admin/node1/command",
  });
  await announce("light", "far", { name: "far", state_topic: "zigbee2mqtt/far" });
  const devices = async () => (await call<{ devices: Device[] }>(system, "GET", "/devices")).body.devices;
  await eventually(async () => (await devices()).length === 4, 15_000, "four devices");

  await bridge.publishAsync(
    "device/admin/node1/update",
    JSON.stringify({ climate: { temp: 21.5, humidity: 40 } }),
  );
  await bridge.publishAsync("device/admin/fan1/update", "ON", { qos: 1 });
  for (const [device, state] of [
    ["temp1", { temp: 21.5 }],
    ["hum1", { humidity: 40 }],
    ["fan1", { state: "ON" }],
  ] as const)
    await phone.frame(
      (one) =>
        one.type === "device_update" &&
        one.device_update.device_id === device &&
        JSON.stringify(one.device_update.state) === JSON.stringify(state),
      `the value of ${device}`,
    );
  const listed = await eventually(
    async () => {
      const all = await devices();
      return all.every(({ device_id, state }) => device_id === "far" || Object.keys(state).length > 0) && all;
    },
    5_000,
    "all states",
  );
  t.deepEqual(
    listed.map(({ device_id, name, type, unsupported }) => [device_id, name, type, unsupported]),
    [
      ["fan1", "风扇", "switch", undefined],
      ["far", "far", "light", "state_topic is not below device/admin/"],
      ["hum1", "湿度", "sensor", undefined],
      ["temp1", "温度", "sensor", undefined],
    ],
  );

  await bridge.subscribeAsync("device/admin/node1/command");
  const command = new Promise<string>((resolve) => {
    bridge.once("message", (_topic, payload) => resolve(payload.toString()));
  });
  await call(system, "POST", "/devices/fan1/command", { command: "OFF" });
  t.is(await command, "OFF");

  await bridge.publishAsync("device/admin/node1/availability", "online");
  await bridge.publishAsync("device/admin/node1/availability", "offline");
  await phone.frame(
    (one) =>
      one.type === "device_update" && one.device_update.device_id === "hum1" && !one.device_update.online,
    "the shared availability",
  );
  await announce("sensor", "temp1", null);
  await eventually(
    async () => (await devices()).every(({ device_id }) => device_id !== "temp1"),
    10_000,
    "the device is gone",
  );
});
