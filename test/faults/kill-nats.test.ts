import test from "ava";
import { rounds, underLoad } from "../_kit/worlds/scenario.ts";

test("a nats-server that is killed and started again loses no accepted message", async (t) => {
  const { system, clients, load, finish } = await underLoad(t);
  for (let round = 0; round < rounds; round++) {
    await load.progress(20);
    await system.engines.nats.kill("SIGKILL");
    await system.engines.nats.restart();
    await load.progress(40);
  }
  for (const service of [...system.edges, ...system.actors]) t.true(service.running, service.name);
  const told = clients.map(({ frames }) =>
    frames.some(({ frame }, index) => index > 0 && frame.type === "connected" && !frame.recovered),
  );
  t.deepEqual(told, [true, true], "the stream of frames died with the server, and both clients were told");
  await finish();
});
