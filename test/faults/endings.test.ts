import test from "ava";
import { endSession } from "../_kit/judge/endings.ts";
import { lasting } from "../_kit/judge/waiting.ts";
import { rounds, type Scenario, underLoad } from "../_kit/worlds/scenario.ts";

const endings = 24 * rounds;
const pauseMs = 10_000;

/** Deletes, clears (by request and by command) and stops at random moments. */
async function endAtRandom(
  { system, clients, load, seed }: Scenario,
  times: number,
): Promise<Promise<unknown>[]> {
  const answers: Promise<unknown>[] = [];
  for (let count = 0; count < times; count++) {
    const session = seed.pick(load.sessions);
    const kind = seed.pick(["delete", "clear", "command", "stop"] as const);
    if (kind === "command") load.command(session, "/clear");
    else if (kind === "stop") seed.pick(clients).raw({ type: "stop", session_id: session });
    else answers.push(endSession(system, load, kind, session));
    await lasting(seed.int(0, 200));
  }
  return answers;
}

test("deletes, clears and stops at random moments under load: nothing comes back", async (t) => {
  const scenario = await underLoad(t);
  await scenario.load.progress(20);
  const answers = await endAtRandom(scenario, endings);
  await Promise.all(answers);
  await scenario.load.progress(20);
  await scenario.finish();
});

test("deletes and clears while the owner stands still: nothing comes back with it", async (t) => {
  const scenario = await underLoad(t);
  const { system, load, finish } = scenario;
  await load.progress(20);
  system.actor(0).kill("SIGSTOP");
  const pause = lasting(pauseMs);
  const answers = await endAtRandom(scenario, endings);
  await pause;
  system.actor(0).kill("SIGCONT");
  await Promise.all(answers);
  await load.progress(40);
  await finish();
});
