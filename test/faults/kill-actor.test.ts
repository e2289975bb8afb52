import test from "ava";
import { rounds, underLoad } from "../_kit/worlds/scenario.ts";

test("kill -9 of an actor process in the middle of its turns loses, repeats and reorders nothing", async (t) => {
  const { system, clients, load, seed, finish } = await underLoad(t);
  for (let round = 0; round < 2 * rounds; round++) {
    await load.progress(20);
    const victim = system.actor(round % 2);
    const from = clients[0]?.frames.length ?? 0;
    await clients[0]?.until(
      () =>
        clients[0]?.frames.slice(from).filter(({ frame }) => frame.type === "stream_chunk")[seed.int(0, 20)],
      "chunks of running turns",
    );
    victim.kill("SIGKILL");
    t.is(await victim.exit(), "SIGKILL");
    await load.progress(20);
    await victim.start();
  }
  await finish();
});
