import test from "ava";
import type { Device } from "../../../schemas/documents/device.ts";
import { MqttDevice } from "../../_kit/clients/device.ts";
import { call } from "../../_kit/clients/rest.ts";
import { type System, startSystem } from "../../_kit/worlds/system.ts";

let system: System;
let gateway: MqttDevice;
test.before(async () => {
  system = await startSystem({ edges: 1, actors: 1, env: { LIMIT_DEVICE_STORE_MS: "100" } });
  gateway = await MqttDevice.connect(system);
});
test.after.always(async () => {
  await gateway?.close();
  await system?.stop();
});

/** What a maker's device says, what it is then, and where its commands go. Payloads are modelled on the makers' documentation. */
interface Maker {
  says: [topic: string, payload: unknown][];
  id: string;
  is: Partial<Device>;
  unit?: [path: string, unit: string];
  commands: [command: unknown, component: string | undefined, topic: string, payload: string][];
  goes: [topic: string, payload: unknown];
}

const makers: Record<string, Maker> = {
  tasmota: {
    says: [
      ["tasmota/kitchen/tele/LWT", "Online"],
      [
        "tasmota/kitchen/tele/STATE",
        { Time: "2026-01-01T00:00:00", Uptime: "0T00:05:10", POWER: "ON", Wifi: { RSSI: 90 } },
      ],
      ["tasmota/kitchen/tele/SENSOR", { Time: "2026-01-01T00:00:00", ENERGY: { Total: 3.185, Power: 41.5 } }],
    ],
    id: "kitchen",
    is: {
      kind: "tasmota",
      type: "switch",
      online: true,
      state: {
        Uptime: "0T00:05:10",
        POWER: "ON",
        Wifi: { RSSI: 90 },
        ENERGY: { Total: 3.185, Power: 41.5 },
      },
    },
    unit: ["ENERGY.Power", "W"],
    commands: [
      ["OFF", undefined, "tasmota/kitchen/cmnd/POWER", "OFF"],
      [{ Dimmer: 40 }, undefined, "tasmota/kitchen/cmnd/Dimmer", "40"],
    ],
    goes: ["tasmota/kitchen/tele/LWT", "Offline"],
  },
  "tasmota, two relays, prefix first": {
    says: [
      ["tasmota/tele/board/LWT", "Online"],
      ["tasmota/stat/board/RESULT", { POWER1: "ON" }],
      ["tasmota/stat/board/POWER2", "OFF"],
    ],
    id: "board",
    is: { kind: "tasmota", state: { POWER1: "ON", POWER2: "OFF" }, components: ["POWER1", "POWER2"] },
    commands: [[true, "POWER2", "tasmota/cmnd/board/POWER2", "ON"]],
    goes: ["tasmota/tele/board/LWT", "Offline"],
  },
  zigbee2mqtt: {
    says: [
      ["zigbee2mqtt/bridge/state", { state: "online" }],
      [
        "zigbee2mqtt/bridge/devices",
        [
          {
            ieee_address: "0x1",
            type: "Router",
            friendly_name: "lamp",
            definition: {
              model: "X",
              exposes: [
                {
                  type: "light",
                  features: [
                    { property: "state", access: 7 },
                    { property: "brightness", access: 7 },
                  ],
                },
                { type: "numeric", property: "power", unit: "W", access: 1 },
              ],
            },
          },
        ],
      ],
      ["zigbee2mqtt/lamp", { state: "ON", brightness: 100, power: 4.5 }],
      ["zigbee2mqtt/lamp/availability", { state: "online" }],
    ],
    id: "lamp",
    is: { kind: "zigbee2mqtt", type: "light", state: { state: "ON", brightness: 100, power: 4.5 } },
    unit: ["power", "W"],
    commands: [
      ["OFF", undefined, "zigbee2mqtt/lamp/set", '{"state":"OFF"}'],
      [{ brightness: 10 }, undefined, "zigbee2mqtt/lamp/set", '{"brightness":10}'],
    ],
    goes: ["zigbee2mqtt/bridge/state", { state: "offline" }],
  },
  esphome: {
    says: [
      ["esphome-desk/status", "online"],
      ["esphome-desk/debug", "[I][wifi:303]: connected"],
      ["esphome-desk/sensor/temp/state", "21.5"],
      ["esphome-desk/switch/relay/state", "ON"],
    ],
    id: "esphome-desk",
    is: { state: { temp: 21.5, relay: "ON", debug: undefined }, components: ["switch/relay"] },
    commands: [["OFF", "relay", "esphome-desk/switch/relay/command", "OFF"]],
    goes: ["esphome-desk/status", "offline"],
  },
  "shelly of the first generation": {
    says: [
      ["shellies/shelly1pm-A4CF12/online", "true"],
      ["shellies/shelly1pm-A4CF12/relay/0", "on"],
      ["shellies/shelly1pm-A4CF12/relay/0/power", "12.34"],
    ],
    id: "shelly1pm-A4CF12",
    is: { kind: "shelly-gen1", type: "switch", state: { relay_0: "on", relay_0_power: 12.34 } },
    unit: ["relay_0_power", "W"],
    commands: [["OFF", undefined, "shellies/shelly1pm-A4CF12/relay/0/command", "off"]],
    goes: ["shellies/shelly1pm-A4CF12/online", "false"],
  },
  "shelly of the second generation": {
    says: [
      ["shellyplus1-a8/online", "true"],
      [
        "shellyplus1-a8/status/switch:0",
        { id: 0, source: "init", output: true, apower: 8.9, temperature: { tC: 40 } },
      ],
      [
        "shellyplus1-a8/events/rpc",
        {
          src: "shellyplus1-a8",
          dst: "shellyplus1-a8/events",
          method: "NotifyStatus",
          params: { ts: 1, "switch:0": { id: 0, apower: 9.1 } },
        },
      ],
    ],
    id: "shellyplus1-a8",
    is: {
      kind: "shelly-gen2",
      type: "switch",
      state: { "switch:0": { id: 0, source: "init", output: true, apower: 9.1, temperature: { tC: 40 } } },
    },
    unit: ["switch:0.apower", "W"],
    commands: [["ON", undefined, "shellyplus1-a8/command/switch:0", "on"]],
    goes: ["shellyplus1-a8/online", "false"],
  },
  "plain sensors": {
    says: [
      ["garden/soil/moisture", "41"],
      ["garden/update", "ON"],
      ["garden/air", { temp: 7.5 }],
    ],
    id: "garden",
    is: { kind: "plain", state: { soil_moisture: 41, value: "ON", air_temp: 7.5 } },
    commands: [["hello", undefined, "garden/command", "hello"]],
    goes: ["garden/availability", "offline"],
  },
};

for (const [name, { says, id, is, unit, commands, goes }] of Object.entries(makers))
  test.serial(`${name}: it appears, takes commands and goes`, async (t) => {
    for (const [topic, payload] of says) await gateway.say(topic, payload);
    const complete = (device: Device) =>
      JSON.stringify(device.state) === JSON.stringify(is.state) && device.online;
    const device = await gateway.device(id, complete, "its state");
    t.like(device, is);
    if (unit !== undefined) t.is(device.fields?.[unit[0]]?.unit, unit[1]);
    for (const [command, component, topic, payload] of commands) {
      const heard = await gateway.next(topic);
      const { status } = await call(system, "POST", `/devices/${id}/command`, { command, component });
      t.is(status, 200);
      t.is(await heard(), payload);
    }
    await gateway.say(...goes);
    await gateway.device(id, ({ online }) => !online, "is offline");
  });

test.serial("each kind has settings to paste", async (t) => {
  for (const kind of ["tasmota", "zigbee2mqtt", "esphome", "shelly-gen1", "shelly-gen2", "plain"]) {
    const { status, body } = await call<{ settings: { value: string }[] }>(
      system,
      "GET",
      `/devices/setup?kind=${kind}`,
    );
    t.is(status, 200);
    t.true(
      body.settings.some(({ value }) => value.includes("device/admin/")),
      kind,
    );
  }
  t.is((await call(system, "GET", "/devices/setup?kind=moon")).status, 400);
});

test.serial("a user's client hears everything below their prefix, and nothing of others", async (t) => {
  const other = await MqttDevice.connect(system, { user: "user_bob" });
  t.teardown(() => other.close());
  const topics = ["#", "tasmota/kitchen/cmnd/#", "homeassistant/status", "zigbee2mqtt/+/set"];
  const granted = await gateway.client.subscribeAsync(topics.map((topic) => `device/admin/${topic}`));
  t.true(granted.every(({ qos }) => qos < 128));
  const heard: string[] = [];
  gateway.client.on("message", (topic) => heard.push(topic));
  await other.say("tasmota/secret/tele/STATE", { POWER: "ON" });
  for (const topic of ["device/user_bob/#", "device/+/#", "device/#", "#"])
    await t.throwsAsync(gateway.client.subscribeAsync(topic), undefined, topic);
  const second = await MqttDevice.connect(system);
  t.teardown(() => second.close());
  const done = await gateway.next("garden/mark");
  await second.say("garden/mark", "1");
  await done();
  t.false(heard.some((topic) => topic.includes("user_bob")));
});
