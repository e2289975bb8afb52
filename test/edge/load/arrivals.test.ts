import test from "ava";
import fc from "fast-check";
import { dueAt, runOpenLoop } from "../../../edge/load/arrivals.ts";

const plans = fc.record({
  rate: fc.double({ min: 0.5, max: 10_000, noNaN: true }),
  ramp: fc.double({ min: 0, max: 60, noNaN: true }),
});

test("operations become due in order, at the rate once the ramp is over", (t) => {
  fc.assert(
    fc.property(plans, fc.nat(100_000), ({ rate, ramp }, index) => {
      const plan = { rate, ramp, duration: 60 };
      const [at, next] = [dueAt(index, plan), dueAt(index + 1, plan)];
      if (!(next > at)) return false;
      return index < (rate * ramp) / 2 || Math.abs((next - at) * rate - 1) < 1e-6;
    }),
  );
  t.pass();
});

test("an operation is sent with its intended time, also when the one before it has blocked the loop", async (t) => {
  const seen: number[] = [];
  const plan = { rate: 100, ramp: 0, duration: 0.1 };
  const send = (index: number, at: number): void => {
    seen.push(at);
    const until = performance.now() + (index === 0 ? 60 : 0);
    while (performance.now() < until);
  };
  await runOpenLoop(plan, send, new AbortController().signal);
  t.is(seen.length, 10);
  const [first = 0] = seen;
  for (const [index, at] of seen.entries()) t.true(Math.abs(at - first - index * 10) < 0.001);
});

test("an aborted loop sends no more", async (t) => {
  const controller = new AbortController();
  let sent = 0;
  const send = (): void => {
    sent += 1;
    if (sent === 3) controller.abort();
  };
  await runOpenLoop({ rate: 10_000, ramp: 0, duration: 60 }, send, controller.signal);
  t.is(sent, 3);
});
