import anyTest, { type TestFn } from "ava";
import { actorContext } from "../../_kit/worlds/actor.ts";
import { startEngines, type TestEngines } from "../../_kit/worlds/engines.ts";
import { scoreMemory } from "../../memory-eval/score.ts";

const test = anyTest as TestFn<TestEngines>;

test.before(async (t) => {
  t.context = await startEngines();
});
test.after.always((t) => t.context?.stop());

test("facts end, are corrected, denied and forgotten, with plain forms and with a model", async (t) => {
  const { db } = await actorContext(t, t.context);
  for (const [withModel, precision, recall] of [
    [false, 0.9, 0.8],
    [true, 0.95, 0.9],
  ] as const) {
    const score = await scoreMemory(db, withModel);
    t.true(score.precision >= precision && score.recall >= recall, JSON.stringify(score));
  }
});
