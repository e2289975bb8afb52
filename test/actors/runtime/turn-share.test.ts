import test from "ava";
import { TurnShare } from "../../../actors/runtime/turn-share.ts";

test("a loop over what is in memory leaves timers their turn", async (t) => {
  const share = new TurnShare();
  let ticks = 0;
  const timer = setInterval(() => {
    ticks += 1;
  }, 1);
  t.teardown(() => clearInterval(timer));
  const begun = performance.now();
  let turns = 0;
  while (ticks < 3 && performance.now() - begun < 20_000) {
    const turn = share.spent();
    if (turn !== undefined) turns += 1;
    await turn;
  }
  t.is(ticks, 3);
  t.true(turns >= 3);
});

test("what fits into one turn waits for nothing", async (t) => {
  const share = new TurnShare();
  t.is(share.spent(), undefined);
  await new Promise((resolve) => setImmediate(resolve));
  t.is(share.spent(), undefined);
});
