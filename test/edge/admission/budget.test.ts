import test from "ava";
import fc from "fast-check";
import { Budget } from "../../../edge/admission/budget.ts";
import { RateLimit } from "../../../edge/admission/rate-limit.ts";

const step = fc.record({
  holder: fc.constantFrom("a", "b", "c", "d"),
  amount: fc.integer({ min: 0, max: 60 }),
  give: fc.boolean(),
});

test("no holder has more than their share, all together no more than the total, and what is given back is free", (t) => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const budget = new Budget(100, 40);
      const held = new Map<string, number>();
      const sum = () => [...held.values()].reduce((all, one) => all + one, 0);
      for (const { holder, amount, give } of steps) {
        const has = held.get(holder) ?? 0;
        if (give) {
          budget.give(holder, Math.min(has, amount));
          held.set(holder, has - Math.min(has, amount));
          continue;
        }
        const fits = has + amount <= 40 && sum() + amount <= 100;
        t.is(budget.take(holder, amount), fits);
        if (fits) held.set(holder, has + amount);
      }
      for (const [holder, amount] of held) budget.give(holder, amount);
      t.true(["a", "b"].every((holder) => budget.take(holder, 40)));
    }),
  );
});

test("a rate holds for each key, forgives with time, and keeps a bounded number of keys", (t) => {
  const rate = new RateLimit({ perS: 2, burst: 3 }, 2);
  for (let count = 0; count < 3; count++) t.true(rate.take("a", 0));
  t.false(rate.take("a", 0));
  t.false(rate.allows("a", 400));
  t.true(rate.allows("a", 500), "asking does not count");
  t.true(rate.take("a", 500));
  t.false(rate.take("a", 500));
  t.true(rate.take("b", 500));
  t.true(rate.take("c", 500), "the least recently used is forgotten");
  t.true(rate.take("a", 500));
});
