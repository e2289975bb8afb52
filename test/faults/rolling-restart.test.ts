import test from "ava";
import { rounds, underLoad } from "../_kit/scenario.ts";

const stopMs = 10_000;

test("a rolling restart of the actors under load of 50 sessions restarts no turn", async (t) => {
  const { system, clients, load, finish } = await underLoad(t, { sessions: 50 });
  for (let round = 0; round < rounds; round++) {
    for (const actor of system.actors) {
      await load.progress(100);
      actor.kill("SIGTERM");
      t.is(await actor.exit(stopMs), 0, actor.tail());
      await load.progress(50);
      await actor.start();
    }
  }
  await load.progress(100);
  await finish();
  const again = clients.flatMap(({ frames }) =>
    frames.filter(({ frame }) => frame.type === "stream_start" && frame.attempt > 1),
  );
  t.is(again.length, 0, JSON.stringify(again[0]));
});
