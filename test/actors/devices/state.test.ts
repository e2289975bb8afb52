import test from "ava";
import { createLogger } from "../../../infra/log.ts";
import { connectNats } from "../../../infra/nats/connect.ts";
import type { Device } from "../../../schemas/documents/device.ts";
import { subjects } from "../../../schemas/messages/subjects.ts";
import { call } from "../../_kit/clients/rest.ts";
import { startSystem } from "../../_kit/worlds/system.ts";

interface Devices {
  devices: Device[];
  total: number;
}

test("a device's updates reach every socket of its user, and its last state is kept", async (t) => {
  const system = await startSystem({ edges: 2, actors: 2 });
  t.teardown(() => system.stop());
  const sockets = [await system.client("phone"), await system.client("desk", { edge: 1 })];
  const update = (device: string, body: unknown, user = "admin") =>
    call(system, "POST", `/devices/${device}/update`, body, user);

  const first = await update("lamp", { state: { on: true, level: 3 }, name: "灯", type: "light" });
  t.deepEqual([first.status, first.body], [200, { success: true }]);
  await update("lamp", { state: { level: 4, on: true } });
  await update("lamp", { state: { on: true } }, "user_bob");
  for (const socket of sockets) {
    const frame = await socket.frame(
      (one) => one.type === "device_update" && one.device_update.state.level === 4,
      "the second update",
    );
    if (frame.type !== "device_update") return t.fail();
    const { last_seen, ...shown } = frame.device_update;
    t.truthy(last_seen);
    t.deepEqual(shown, {
      device_id: "lamp",
      name: "灯",
      type: "light",
      state: { on: true, level: 4 },
      online: true,
      changed: ["level"],
    });
    const changed = socket.frames.flatMap(({ frame: one }) =>
      one.type === "device_update" ? [one.device_update.changed] : [],
    );
    t.deepEqual(changed, [["on", "level"], ["level"]]);
  }
  const kept = await call<Devices>(system, "GET", "/devices");
  t.is(kept.body.total, 1);
  t.like(kept.body.devices[0], { device_id: "lamp", state: { on: true, level: 4 }, online: true });

  const nc = await connectNats({
    url: system.engines.natsUrl,
    name: "device",
    log: createLogger("test", { logLevel: "silent" }),
  });
  t.teardown(() => nc.close());
  const commands = nc.subscribe(subjects.deviceCommand("admin", "lamp"), { max: 2 });
  await nc.flush();
  await call(system, "POST", "/devices/lamp/command", { command: { on: false } });
  await call(system, "POST", "/devices/lamp/command", { command: "toggle" });
  const heard: string[] = [];
  for await (const message of commands) heard.push(message.string());
  t.deepEqual(heard, ['{"on":false}', "toggle"]);

  for (const body of [{}, { state: [] }, { state: { a: 1 }, name: 3 }])
    t.is((await update("lamp", body)).status, 400);
  t.is((await update("a.b", { state: {} })).status, 400);
  t.is((await call(system, "POST", "/devices/none/command", { command: 1 })).status, 404);
  t.is((await call(system, "GET", "/devices/lamp", undefined, "user_eve")).status, 404);

  for (const actor of system.actors) actor.kill("SIGKILL");
  await Promise.all(system.actors.map((actor) => actor.exit()));
  await Promise.all(system.actors.map((actor) => actor.start()));
  await update("lamp", { state: { level: 5 } });
  const after = await call<Devices>(system, "GET", "/devices");
  t.deepEqual(after.body.devices[0]?.state, { on: true, level: 5 });
  t.deepEqual((await call(system, "DELETE", "/devices/lamp")).body, { success: true });
  t.is((await call<Devices>(system, "GET", "/devices")).body.total, 0);
});
