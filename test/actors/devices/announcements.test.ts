import test from "ava";
import type { Device } from "../../../schemas/documents/device.ts";
import { MqttDevice } from "../../_kit/clients/device.ts";
import { call } from "../../_kit/clients/rest.ts";
import { eventually } from "../../_kit/judge/waiting.ts";
import { type System, startSystem } from "../../_kit/worlds/system.ts";

let system: System;
let node: MqttDevice;
test.before(async () => {
  system = await startSystem({ edges: 1, actors: 1, env: { LIMIT_DEVICE_STORE_MS: "100" } });
  node = await MqttDevice.connect(system);
});
test.after.always(async () => {
  await node?.close();
  await system?.stop();
});

const at = (topic: string) => `device/admin/${topic}`;

test.serial("announcements and values that nobody waits for in between meet, in either order", async (t) => {
  const doors = Array.from({ length: 50 }, (_, index) => `door${index}`);
  await Promise.all([
    ...doors.map((door) => node.announce("binary_sensor", door, { state_topic: at(`${door}/update`) })),
    ...doors.map((door) => node.say(`${door}/update`, "ON", true)),
  ]);
  await eventually(
    async () => (await node.devices()).filter(({ state }) => state.state === "ON").length === doors.length,
    20_000,
    "50 states",
  );
  const devices = (await node.devices()).filter(({ device_id }) => device_id.startsWith("door"));
  t.true(devices.every(({ state }) => Object.keys(state).length === 1));
});

test.serial("zigbee2mqtt's documents make one device of many values, whose commands arrive", async (t) => {
  const device = { identifiers: ["zigbee2mqtt_0x00158d0001a2b3c4"], name: "Bath" };
  const shared = {
    device,
    state_topic: at("zigbee2mqtt/bath"),
    availability: [{ topic: at("zigbee2mqtt/bridge/state"), value_template: "{{ value_json.state }}" }],
  };
  await node.say(
    "zigbee2mqtt/bath",
    { temperature: 21.375, humidity: 40.125, battery: 87, state: "OFF" },
    true,
  );
  for (const [name, unit] of [
    ["temperature", "°C"],
    ["humidity", "%"],
    ["battery", "%"],
  ])
    await node.say(`homeassistant/sensor/0x00158d0001a2b3c4/${name}/config`, {
      ...shared,
      unique_id: `0x_${name}`,
      value_template: `{{ value_json["${name}"] }}`,
      unit_of_measurement: unit,
      state_class: "measurement",
    });
  await node.say("homeassistant/switch/0x00158d0001a2b3c4/switch/config", {
    ...shared,
    value_template: "{{ value_json.state }}",
    command_topic: at("zigbee2mqtt/bath/set"),
    payload_on: "ON",
    payload_off: "OFF",
  });
  await node.say("zigbee2mqtt/bridge/state", { state: "online" });
  const bath = await node.device("Bath", ({ state }) => Object.keys(state).length === 4, "four values");
  t.deepEqual(bath.state, { temperature: 21.375, humidity: 40.125, battery: 87, state: "OFF" });
  t.is(bath.type, "switch");
  t.is(bath.fields?.temperature?.unit, "°C");
  t.is(bath.unsupported, undefined);
  t.is((await node.devices()).filter(({ name }) => name.toLowerCase() === "bath").length, 1);
  const heard = await node.next("zigbee2mqtt/bath/set");
  await call(system, "POST", `/devices/${bath.device_id}/command`, { command: true });
  t.is(await heard(), "ON");
  await node.say("zigbee2mqtt/bridge/state", { state: "offline" });
  await node.device("Bath", ({ online }) => !online, "is offline with the bridge");
});

test.serial("a command reaches the relay that is meant", async (t) => {
  const device = { identifiers: "board1", name: "Board" };
  for (const relay of ["relay1", "relay2"])
    await node.announce("switch", relay, {
      device,
      state_topic: at(`board/${relay}/state`),
      command_topic: at(`board/${relay}/set`),
    });
  await node.say("board/relay1/state", "ON");
  await node.say("board/relay2/state", "OFF");
  const board = await node.device("Board", ({ state }) => Object.keys(state).length === 2, "two relays");
  t.deepEqual(board.state, { relay1: "ON", relay2: "OFF" });
  const heard = await node.next("board/relay2/set");
  t.is((await call(system, "POST", `/devices/${board.device_id}/command`, { command: "ON" })).status, 400);
  await call(system, "POST", `/devices/${board.device_id}/command`, { command: "ON", component: "relay2" });
  t.is(await heard(), "ON");
});

test.serial(
  "each key is used or named, filters shape values, lights in JSON have values of their own",
  async (t) => {
    const cases: [
      object: string,
      component: string,
      config: object,
      topic: string,
      payload: unknown,
      state: object,
    ][] = [
      [
        "rounded",
        "sensor",
        { value_template: "{{ value_json.t | round(1) }}" },
        "state",
        { t: 21.46 },
        { t: 21.5 },
      ],
      ["whole", "sensor", { value_template: "{{ value_json.t | int }}" }, "state", { t: 23.7 }, { t: 23 }],
      [
        "bulb",
        "light",
        { schema: "json", brightness: true, command_topic: at("bulb/set") },
        "state",
        { state: "ON", brightness: 100 },
        { state: "ON", brightness: 100 },
      ],
      [
        "blind",
        "cover",
        {
          position_topic: at("blind/state"),
          position_template: "{{ value_json.pos }}",
          state_topic: undefined,
        },
        "state",
        { pos: 41 },
        { position: 41 },
      ],
      [
        "heater",
        "climate",
        {
          mode_state_topic: at("heater/state"),
          mode_state_template: "{{ value_json.mode }}",
          current_temperature_topic: at("heater/state"),
          current_temperature_template: "{{ value_json.temp }}",
          temperature_command_topic: at("heater/set"),
          state_topic: undefined,
        },
        "state",
        { mode: "heat", temp: 20.5 },
        { mode: "heat", current_temperature: 20.5 },
      ],
    ];
    for (const [object, component, config, topic, payload, state] of cases) {
      await node.announce(component, object, { state_topic: at(`${object}/state`), ...config });
      await node.say(`${object}/${topic}`, payload);
      const device = await node.device(object, (one) => Object.keys(one.state).length > 0, "its state");
      t.deepEqual(device.state, state, object);
      t.is(device.unsupported, undefined, object);
    }
    await node.announce("light", "odd", {
      state_topic: at("odd/state"),
      brightness_command_topic: "zigbee2mqtt/odd/set",
      value_template: "{{ states('sensor.x') }}",
      availability: [{ topic: at("odd/availability") }, { topic: "zigbee2mqtt/odd/availability" }],
      off_delay: 5,
      moon_phase: true,
    });
    const odd = await node.device(
      "odd",
      ({ unsupported }) => unsupported !== undefined,
      "what is unsupported",
    );
    for (const named of ["brightness_command_topic", "states", "availability", "off_delay", "moon_phase"])
      t.regex(odd.unsupported ?? "", new RegExp(named));
  },
);

test.serial("an empty payload is no value, and values go with their announcement", async (t) => {
  const components = (ids: string[]) =>
    Object.fromEntries(ids.map((id) => [id, { p: "sensor", stat_t: at(`node/${id}`), uniq_id: id }]));
  await node.announce("device", "node", { dev: { ids: "node" }, cmps: components(["t", "h"]) });
  await node.say("node/t", "1");
  await node.say("node/h", "2");
  await node.say("node/h", "");
  const both = (device: Device) => device.state.t === 1 && device.state.h === 2;
  t.deepEqual((await node.device("node", both, "both values")).state, { t: 1, h: 2 });
  await node.announce("device", "node", { dev: { ids: "node" }, cmps: components(["t"]) });
  t.deepEqual((await node.device("node", ({ state }) => !("h" in state), "one value")).state, { t: 1 });
});

test.serial(
  "firmware is told when Parley starts, and what was announced is there after a kill -9",
  async (t) => {
    const birth = await node.next("homeassistant/status");
    for (const actor of system.actors) actor.kill("SIGKILL");
    await Promise.all(system.actors.map((actor) => actor.exit()));
    await Promise.all(system.actors.map((actor) => actor.start()));
    t.is(await birth(), "online");
    await node.say("board/relay1/state", "OFF");
    const board = await node.device(
      "Board",
      ({ state }) => state.relay1 === "OFF",
      "a value after the start",
      30_000,
    );
    t.deepEqual(board.state, { relay1: "OFF", relay2: "OFF" });
  },
);
