import test from "ava";
import { lasting } from "../_kit/judge/waiting.ts";
import { underLoad } from "../_kit/worlds/scenario.ts";

const pauseMs = 20_000;

test("an actor process that stands still for 20 s and comes back changes nothing that its successor did", async (t) => {
  const { system, load, finish } = await underLoad(t);
  await load.progress(20);
  const zombie = system.actor(0);
  zombie.kill("SIGSTOP");
  const pause = lasting(pauseMs);
  // Its sessions go on while it stands still: those of both processes get further.
  await load.progress(100);
  await pause;
  zombie.kill("SIGCONT");
  await load.progress(60);
  t.true(zombie.running);
  await finish();
});
