import test from "ava";
import { rounds, underLoad } from "../_kit/worlds/scenario.ts";

test("a mongod that is killed and started again loses no turn and commits none twice", async (t) => {
  const { system, load, finish } = await underLoad(t);
  for (let round = 0; round < rounds; round++) {
    await load.progress(20);
    await system.engines.mongod.kill("SIGKILL");
    await system.engines.mongod.restart();
    await load.progress(40);
  }
  for (const service of [...system.edges, ...system.actors]) t.true(service.running, service.name);
  await finish();
});
