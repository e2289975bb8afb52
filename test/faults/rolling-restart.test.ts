import test from "ava";
import { rounds, underLoad } from "../_kit/worlds/scenario.ts";

const stopMs = 20_000;

test("a rolling restart of the actors under load of 50 sessions restarts no turn", async (t) => {
  const { system, clients, load, finish } = await underLoad(t, {
    sessions: 50,
    env: { OPENAI_MODEL: "context:10x120" },
  });
  for (let round = 0; round < rounds; round++) {
    for (const actor of system.actors) {
      await load.progress(60);
      actor.kill("SIGTERM");
      t.is(await actor.exit(stopMs), 0, actor.tail());
      await load.progress(30);
      await actor.start();
    }
  }
  await load.progress(60);
  await finish();
  const again = clients.flatMap(({ frames }) =>
    frames.filter(({ frame }) => frame.type === "stream_start" && frame.attempt > 1),
  );
  // A process that got no time from the machine for seconds was rightly taken for dead.
  const starved = system.actors.some(({ log }) =>
    log.some(({ text }) => text.includes("was stopped or blocked")),
  );
  if (starved) t.log(`a process was starved; ${again.length} turns began again`);
  else t.is(again.length, 0, JSON.stringify(again[0]));
});
