import { fileURLToPath } from "node:url";
import test from "ava";
import { check, describe } from "../_kit/judge/checker.ts";
import { collect } from "../_kit/judge/collect.ts";
import { type Scenario, underLoad } from "../_kit/worlds/scenario.ts";

const actorCommand = [fileURLToPath(new URL("./naive-consumer.js", import.meta.url))];
const restMs = 3_000;

async function violations({ system, clients, seed, load }: Scenario): Promise<[string[], string]> {
  const history = await collect(system, { seed, clients, controls: load.controls, served: false, restMs });
  const found = check(history);
  return [[...new Set(found.map(({ rule }) => rule))].sort(), describe(found, seed.value)];
}

test("a naive consumer keeps the promises while nothing fails", async (t) => {
  const scenario = await underLoad(t, { actors: 1, edges: 1, actorCommand });
  await scenario.load.progress(40);
  await scenario.load.settle();
  const [rules, text] = await violations(scenario);
  t.deepEqual(rules, [], text);
});

test("the checker sees that a naive consumer loses messages when it is killed", async (t) => {
  const scenario = await underLoad(t, { actors: 1, edges: 1, actorCommand });
  const { system, load } = scenario;
  await load.progress(20);
  await system.actor(0).destroy();
  await system.actor(0).start();
  load.stop();
  const [rules, text] = await violations(scenario);
  t.true(rules.includes("exactly-once"), text);
  t.log(text.split("\n")[0]);
});
