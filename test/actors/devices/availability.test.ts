import test from "ava";
import { MqttDevice } from "../../_kit/clients/device.ts";
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

type Say = [topic: string, payload: unknown] | { announce: Record<string, unknown> };

const at = (topic: string) => `device/admin/${topic}`;

/** What is said of an entity `x`, in order, and whether it is online then. `_` stands for the name of the case. */
const cases: Record<string, { says: Say[]; online: boolean }> = {
  "an announcement is no sign of life": {
    says: [
      { announce: { state_topic: at("_/update") } },
      ["_/update", "ON"],
      ["_/availability", "offline"],
      { announce: { state_topic: at("_/update") } },
    ],
    online: false,
  },
  "nor is a changed one": {
    says: [
      { announce: { state_topic: at("_/update") } },
      ["_/update", "ON"],
      ["_/availability", "offline"],
      { announce: { state_topic: at("_/update"), icon: "mdi:lamp" } },
    ],
    online: false,
  },
  "a gateway's first word is offline": {
    says: [
      { announce: { state_topic: at("_/update"), availability_topic: at("_gw/availability") } },
      ["_/update", "ON"],
      ["_gw/availability", "offline"],
    ],
    online: false,
  },
  "an entity is announced while its gateway is offline": {
    says: [
      ["_gw/availability", "offline"],
      ["_/update", "ON"],
      { announce: { state_topic: at("_/update"), availability_topic: at("_gw/availability") } },
    ],
    online: false,
  },
  "a value while the gateway is offline": {
    says: [
      { announce: { state_topic: at("_/update"), availability_topic: at("_gw/availability") } },
      ["_gw/availability", "offline"],
      ["_/update", "ON"],
    ],
    online: false,
  },
  "all of a list have to be there": {
    says: [
      {
        announce: {
          state_topic: at("_/update"),
          availability: [{ topic: at("_gw/availability") }, { topic: at("_/availability") }],
          availability_mode: "all",
        },
      },
      ["_gw/availability", "online"],
      ["_/availability", "offline"],
      ["_/update", "ON"],
    ],
    online: false,
  },
  "any of a list is enough": {
    says: [
      {
        announce: {
          state_topic: at("_/update"),
          availability: [{ topic: at("_gw/availability") }, { topic: at("_/availability") }],
          availability_mode: "any",
        },
      },
      ["_gw/availability", "online"],
      ["_/availability", "offline"],
      ["_/update", "ON"],
    ],
    online: true,
  },
  "words in JSON": {
    says: [
      {
        announce: {
          state_topic: at("_/update"),
          availability: [{ topic: at("_gw/state"), value_template: "{{ value_json.state }}" }],
        },
      },
      ["_/update", "ON"],
      ["_gw/state", { state: "offline" }],
    ],
    online: false,
  },
  "words of its own": {
    says: [
      {
        announce: {
          stat_t: at("_/update"),
          avty_t: at("_/LWT"),
          pl_avail: "Online",
          pl_not_avail: "Offline",
        },
      },
      ["_/update", "ON"],
      ["_/LWT", "Offline"],
      ["_/LWT", "Online"],
    ],
    online: true,
  },
};

for (const [index, [name, { says, online }]] of Object.entries(cases).entries())
  test.serial(`availability: ${name}`, async (t) => {
    const id = `lamp${index}`;
    for (const say of says)
      if (Array.isArray(say)) await gateway.say(say[0].replace("_", id), say[1]);
      else {
        const text = JSON.stringify(say.announce).replaceAll("/_", `/${id}`);
        await gateway.say(`homeassistant/switch/${id}/config`, JSON.parse(text));
      }
    // A mark after everything: messages of one user are applied in their order.
    await gateway.say(`mark${index}/update`, { state: { done: true } });
    await gateway.device(`mark${index}`, ({ state }) => state.done === true, "the mark");
    const device = await gateway.device(id, ({ state }) => state.state === "ON", "its value");
    t.is(device.online, online);
  });

test.serial(
  "a value that came before its announcement expires, also beside one that holds longer",
  async (t) => {
    const weeks = { state_topic: at("gate/update"), expire_after: 3_000_000 };
    await gateway.say("homeassistant/binary_sensor/gate/config", weeks);
    await gateway.say("gate/update", "ON");
    await gateway.say("hatch/update", "ON");
    await gateway.say("homeassistant/binary_sensor/hatch/config", {
      state_topic: at("hatch/update"),
      expire_after: 2,
    });
    await gateway.device("hatch", ({ online, state }) => online && state.state === "ON", "is there");
    await gateway.device("hatch", ({ online }) => !online, "has expired", 10_000);
    t.true((await gateway.device("gate", () => true, "is there")).online);
  },
);

test.serial("a value that expires makes its entity go, and the next brings it back", async (t) => {
  await gateway.say("homeassistant/binary_sensor/motion/config", {
    state_topic: at("motion/update"),
    expire_after: 2,
  });
  await gateway.say("motion/update", "ON");
  await gateway.device("motion", ({ online, state }) => online && state.state === "ON", "is there");
  await gateway.device("motion", ({ online }) => !online, "has expired", 10_000);
  await gateway.say("motion/update", "OFF");
  t.is((await gateway.device("motion", ({ online }) => online, "is back")).state.state, "OFF");
});
