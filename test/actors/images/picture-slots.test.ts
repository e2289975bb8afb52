import test from "ava";
import { PictureSlots } from "../../../actors/images/picture-slots.ts";

test("as many work as there are places, in their order; who gives up while waiting takes none", async (t) => {
  const slots = new PictureSlots(2);
  const began: number[] = [];
  const ends: (() => void)[] = [];
  const work = (name: number) => () => {
    began.push(name);
    return new Promise<number>((resolve) => ends.push(() => resolve(name)));
  };
  const controller = new AbortController();
  const first = slots.use(work(1));
  const second = slots.use(work(2));
  const given = slots.use(work(3), controller.signal);
  const fourth = slots.use(work(4));
  t.deepEqual(began, [1, 2]);
  controller.abort(new Error("not wanted"));
  await t.throwsAsync(given, { message: "not wanted" });
  ends[0]?.();
  t.is(await first, 1);
  t.deepEqual(began, [1, 2, 4]);
  for (const end of ends) end();
  t.deepEqual(await Promise.all([second, fourth]), [2, 4]);
  await t.throwsAsync(
    slots.use(() => Promise.reject(new Error("broken"))),
    { message: "broken" },
  );
  t.is(await slots.use(async () => 5), 5);
  await t.throwsAsync(slots.use(work(6), controller.signal), { message: "not wanted" });
});
