import test from "ava";
import { MqttDevice } from "../../_kit/clients/device.ts";
import { call } from "../../_kit/clients/rest.ts";
import { within } from "../../_kit/judge/waiting.ts";
import { ended, makeRule } from "../../_kit/worlds/automation.ts";
import { startSystem } from "../../_kit/worlds/system.ts";

interface Announced {
  device: { name: string };
  state_topic: string;
  components: Record<string, { platform: string; command_topic?: string; unit_of_measurement?: string }>;
}

test("a Home Assistant on the same listener sees and switches the devices and scenes of its user", async (t) => {
  const system = await startSystem({ edges: 1, actors: 1 });
  t.teardown(() => system.stop());
  const update = (state: object) =>
    call(system, "POST", "/devices/lamp/update", { state, type: "light", name: "Lamp" });
  await update({ on: true, temp: 21 });
  const rule = await makeRule(system, "evening");
  const scene = await call<{ scene: { id: string } }>(system, "POST", "/automation/scenes", {
    name: "Evening",
    rule_ids: [rule.id],
  });
  const assistant = await MqttDevice.connect(system);
  t.teardown(() => assistant.close());
  const announced = await assistant.next("homeassistant/device/parley_lamp/config");
  const sceneTopic = `homeassistant/scene/parley_${scene.body.scene.id}/config`;
  const announcedScene = await assistant.next(sceneTopic);
  const state = await assistant.next("parley/lamp/state");
  const turned = await call(system, "PUT", "/devices/homeassistant", { enabled: true });
  t.like(turned.body, { enabled: true, discovery_prefix: "device/admin/homeassistant" });

  const lamp = JSON.parse(await within(announced(), 10_000, "the announcement")) as Announced;
  t.is(lamp.device.name, "Lamp");
  t.is(lamp.state_topic, "device/admin/parley/lamp/state");
  t.like(lamp.components.on, { platform: "switch", command_topic: "device/admin/parley/lamp/on/set" });
  t.like(lamp.components.temp, { platform: "sensor" });
  t.deepEqual(JSON.parse(await state()), { on: true, temp: 21 });
  t.is((JSON.parse(await announcedScene()) as { name: string }).name, "Evening");

  const command = await assistant.next("lamp/command");
  await assistant.say("parley/lamp/on/set", "OFF");
  t.is(await within(command(), 10_000, "the command"), '{"on":false}');
  await assistant.say(`parley/scene/${scene.body.scene.id}/set`, "ON");
  t.is((await ended(system, rule)).status, "succeeded");
  t.is((await assistant.devices()).length, 1, "what Parley announces is no device of its own");

  const again = await assistant.next("homeassistant/device/parley_lamp/config");
  await assistant.say("homeassistant/status", "online");
  t.truthy(await within(again(), 10_000, "the announcement for a Home Assistant that has started"));
  const gone = await assistant.next("homeassistant/device/parley_lamp/config");
  await call(system, "PUT", "/devices/homeassistant", { enabled: false });
  t.is(await within(gone(), 10_000, "the announcement is taken back"), "");
});
