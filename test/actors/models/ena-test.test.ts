import test from "ava";
import fc from "fast-check";
import { parseEnaTest, splitEvenly, splitWords } from "../../../actors/models/ena-test.ts";
import { ParleyError } from "../../../schemas/errors.ts";
import { hear, modelsOf } from "../../_kit/worlds/provider.ts";

const wellFormed = (chunks: string[]) =>
  chunks.every((chunk) => chunk !== "" && Buffer.from(chunk).toString() === chunk);
const text = fc.string({ unit: "binary", maxLength: 300 });

test("exactly n chunks, none empty, characters whole, the text first", (t) => {
  fc.assert(
    fc.property(text, fc.integer({ min: 1, max: 500 }), (said, count) => {
      const reply = `ena-test: ${said}`;
      const chunks = splitEvenly(reply, count);
      t.is(chunks.length, count);
      const joined = chunks.join("");
      const enough = Array.from(reply).length >= count;
      return wellFormed(chunks) && (enough ? joined === reply : joined.startsWith(reply));
    }),
  );
});

test("words: chunks of 4 to 12 characters that join to the text", (t) => {
  fc.assert(
    fc.property(text, (said) => {
      const chunks = splitWords(`ena-test: ${said}`);
      const lengths = chunks.slice(0, -1).map((chunk) => Array.from(chunk).length);
      t.is(chunks.join(""), `ena-test: ${said}`);
      return wellFormed(chunks) && lengths.every((length) => length >= 4 && length <= 12);
    }),
  );
});

test("names", (t) => {
  t.deepEqual(parseEnaTest("ena-test"), { delayMs: 0 });
  t.deepEqual(parseEnaTest("ena-test:20x5"), { count: 20, delayMs: 5 });
  for (const name of [
    "ena-test:",
    "ena-test:0x1",
    "ena-test:10001x0",
    "ena-test:1x60001",
    "ena-test:-1x0",
    "gpt",
  ])
    t.is(parseEnaTest(name), undefined, name);
});

test("repeats the last user message, the same each time", async (t) => {
  const models = await modelsOf({});
  const first = await hear(models, { text: "你好 world 👋" });
  t.is(first.text, "ena-test: 你好 world 👋");
  t.is(first.deltas[0]?.kind, "start");
  const last = first.deltas.at(-1);
  t.is(last?.kind === "end" && last.finish_reason, "stop");
  t.deepEqual(await hear(models, { text: "你好 world 👋" }), first);
});

test("10,000 chunks without delay take no timer each", async (t) => {
  const models = await modelsOf({});
  const startedAt = performance.now();
  const { deltas } = await hear(models, { model: "ena-test:10000x0" });
  t.is(deltas.filter(({ kind }) => kind === "content").length, 10_000);
  t.true(performance.now() - startedAt < 5_000);
});

test("chunks are ms apart, and an abort ends the wait at once", async (t) => {
  const models = await modelsOf({});
  const startedAt = performance.now();
  await hear(models, { model: "ena-test:4x50" });
  t.true(performance.now() - startedAt >= 145);
  const abort = new AbortController();
  const reason = new Error("enough");
  const heard = await hear(models, { model: "ena-test:10x60000", signal: abort.signal }, () =>
    setImmediate(() => abort.abort(reason)),
  );
  t.is(heard.error, reason);
  t.true(performance.now() - startedAt < 2_000);
});

test("an abort is seen between chunks without delay", async (t) => {
  const models = await modelsOf({});
  const abort = new AbortController();
  setImmediate(() => abort.abort(new Error("enough")));
  const { error, deltas } = await hear(models, { model: "ena-test:10000x0", signal: abort.signal });
  t.true(error instanceof Error);
  t.true(deltas.length < 10_000);
});

test("a shape out of bounds is an unknown model", async (t) => {
  const { error } = await hear(await modelsOf({}), { model: "ena-test:0x0" });
  t.true(error instanceof ParleyError && error.errorType === "model_not_found");
});
