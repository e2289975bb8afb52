import test from "ava";
import { rounds, underLoad } from "../_kit/worlds/scenario.ts";

test("kill -9 before the commit, after it and after the publish changes nothing that anybody sees", async (t) => {
  const { system, load, seed, finish } = await underLoad(t, { actors: 2 });
  for (let round = 0; round < rounds; round++) {
    for (const name of ["before_commit", "after_commit", "after_publish"]) {
      const victim = system.actor(round % 2);
      victim.kill("SIGKILL");
      await victim.exit();
      const point = `${name}@${seed.int(1, 8)}`;
      victim.spawn({ PARLEY_FAILPOINTS: point });
      t.is(await victim.exit(100_000), "SIGKILL", point);
      await load.progress(20);
      await victim.start();
      await load.progress(10);
    }
  }
  await finish();
});
