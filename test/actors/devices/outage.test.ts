import test from "ava";
import mqtt from "mqtt";
import type { Device } from "../../../schemas/documents/device.ts";
import { call } from "../../_kit/clients/rest.ts";
import { eventually, lasting } from "../../_kit/judge/waiting.ts";
import { startSystem } from "../../_kit/worlds/system.ts";

const updates = 200;
/** The server writes what it has within some 20 ms; under load it may be late. */
const writtenMs = 500;

test("updates that were accepted survive a kill -9 of nats-server while no actor is there", async (t) => {
  const system = await startSystem({ edges: 1, actors: 1 });
  t.teardown(() => system.stop());
  const { key } = (await call<{ key: string }>(system, "POST", "/keys", { name: "meter" })).body;
  const meter = await mqtt.connectAsync(`mqtt://127.0.0.1:${system.engines.mqttPort}`, {
    clientId: "meter",
    username: "admin",
    password: key,
    reconnectPeriod: 0,
  });
  t.teardown(() => meter.endAsync(true));
  meter.on("error", () => undefined);
  const actor = system.actor(0);
  actor.kill("SIGKILL");
  await actor.exit();
  for (let n = 1; n <= updates; n++)
    await meter.publishAsync("device/admin/meter/update", JSON.stringify({ state: { [`k${n % 50}`]: n } }), {
      qos: 1,
    });
  await lasting(writtenMs);
  await system.engines.nats.kill("SIGKILL");
  await system.engines.nats.restart();
  await actor.start();

  const device = await eventually(
    async () => {
      const { body } = await call<{ devices: Device[] }>(system, "GET", "/devices");
      return body.devices.find(({ state }) => state.k0 === updates);
    },
    30_000,
    "the last update",
  );
  const wanted = Array.from({ length: 50 }, (_, k) => [`k${k}`, k === 0 ? updates : updates - 50 + k]);
  t.deepEqual(device.state, Object.fromEntries(wanted));
});
