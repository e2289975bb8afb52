import test from "ava";
import fc from "fast-check";
import { FairQueue } from "../../../actors/runtime/fair-queue.ts";

test("users take turns, whoever asked first", async (t) => {
  const queue = new FairQueue({ places: 1 });
  const order: string[] = [];
  const work = (name: string) => async () => {
    order.push(name);
  };
  await Promise.all([
    ...Array.from({ length: 4 }, (_, i) => queue.use("anna", work(`anna ${i}`))),
    queue.use("ben", work("ben 0")),
    queue.use("eve", work("eve 0")),
  ]);
  t.true(order.indexOf("ben 0") <= 2 && order.indexOf("eve 0") <= 3, order.join());
});

test("a caller that aborts leaves the queue; what waits is bounded, for each user and in all", async (t) => {
  const queue = new FairQueue({ places: 1, waiting: 3, waitingPerUser: 2 });
  let release = () => {};
  const held = queue.use(
    "anna",
    () =>
      new Promise<void>((resolve) => {
        release = resolve;
      }),
  );
  const leave = new AbortController();
  const unwanted = queue.use("anna", async () => "ran", leave.signal);
  const second = queue.use("anna", async () => "second");
  await t.throwsAsync(
    queue.use("anna", async () => {}),
    { message: /不可用/ },
  );
  const other = queue.use("ben", async () => "ben");
  await t.throwsAsync(
    queue.use("eve", async () => {}),
    { message: /不可用/ },
  );
  leave.abort(new Error("gone"));
  await t.throwsAsync(unwanted, { message: "gone" });
  release();
  await held;
  t.deepEqual(await Promise.all([second, other]), ["second", "ben"]);
  t.is(queue.size, 0);
});

test("no more than the places run, and everything runs once, in any order of calls", async (t) => {
  const calls = fc.array(fc.record({ user: fc.constantFrom("a", "b", "c"), ticks: fc.nat(3) }), {
    maxLength: 30,
  });
  await fc.assert(
    fc.asyncProperty(calls, fc.integer({ min: 1, max: 4 }), async (all, places) => {
      const queue = new FairQueue({ places });
      let running = 0;
      let most = 0;
      let ran = 0;
      await Promise.all(
        all.map(({ user, ticks }) =>
          queue.use(user, async () => {
            running += 1;
            most = Math.max(most, running);
            for (let i = 0; i < ticks; i++) await Promise.resolve();
            running -= 1;
            ran += 1;
          }),
        ),
      );
      return most <= places && ran === all.length && queue.size === 0;
    }),
  );
  t.pass();
});
