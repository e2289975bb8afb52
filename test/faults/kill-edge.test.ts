import test from "ava";
import { rounds, underLoad } from "../_kit/worlds/scenario.ts";

test("clients of an edge that is killed go on at the other one without a hole", async (t) => {
  const { system, clients, load, finish } = await underLoad(t);
  for (let round = 0; round < 2 * rounds; round++) {
    await load.progress(20);
    const victim = system.edge(round % 2);
    victim.kill("SIGKILL");
    await victim.exit();
    await load.progress(20);
    await victim.start();
  }
  t.true(clients.every(({ closes }) => closes.length > 0));
  await finish();
  const recovered = clients.flatMap(({ frames }) => frames).filter(({ frame }) => frame.type === "connected");
  t.true(recovered.some(({ frame }) => frame.type === "connected" && frame.recovered));
});
