import anyTest, { type TestFn } from "ava";
import { z } from "zod";
import { NoAnswer } from "../../../infra/bus/no-answer.ts";
import { ParleyError } from "../../../schemas/errors.ts";
import {
  defineRequest,
  defineSignal,
  filterOf,
  subjectOf,
  tokensOf,
} from "../../../schemas/messages/define.ts";
import { openBus } from "../../_kit/worlds/bus.ts";
import { startEngines, type TestEngines } from "../../_kit/worlds/engines.ts";

const test = anyTest as TestFn<{ engines: TestEngines }>;

const parties = { publishers: ["edge"], listeners: ["actors"] } as const;
const square = defineRequest({
  name: "try.square",
  doc: "Asks for a square.",
  subject: "try.square.{of}",
  message: z.object({ of: z.string(), n: z.int() }),
  answer: z.object({ squared: z.int() }),
  queue: "try",
  timeout: 300,
  ...parties,
});
const changed = defineSignal({
  name: "try.changed",
  doc: "Something has changed.",
  subject: "try.changed.{user}",
  message: z.object({ user: z.string() }),
  ...parties,
});

test.before(async (t) => {
  t.context.engines = await startEngines();
});
test.after.always((t) => t.context.engines?.stop());

test("a subject is built from tokens and read back", (t) => {
  t.is(subjectOf(changed, { user: "ann" }), "try.changed.ann");
  t.is(filterOf(changed), "try.changed.*");
  t.deepEqual(tokensOf(changed, "try.changed.ann"), { user: "ann" });
  t.is(tokensOf(changed, "try.changed.ann.more"), null);
  for (const user of ["a.b", "*", ">", "", "a b", undefined as unknown as string])
    t.throws(() => subjectOf(changed, { user }), { instanceOf: RangeError });
});

test("a request is answered, and shared by the processes of its queue group", async (t) => {
  const { natsUrl } = t.context.engines;
  const asker = await openBus(t, natsUrl);
  const served = [0, 0];
  for (const [index] of served.entries()) {
    const { bus, nc } = await openBus(t, natsUrl);
    bus.serve(
      square,
      ({ n }) => {
        served[index] = (served[index] ?? 0) + 1;
        return { squared: n * n };
      },
      { of: { of: "shared" } },
    );
    await nc.flush();
  }
  const answers = await Promise.all(
    Array.from({ length: 40 }, (_, n) => asker.bus.ask(square, { of: "shared", n })),
  );
  t.deepEqual(
    answers.map(({ squared }) => squared),
    Array.from({ length: 40 }, (_, n) => n * n),
  );
  t.is((served[0] ?? 0) + (served[1] ?? 0), 40);
});

test("what a handler throws arrives: a ParleyError whole, anything else as internal_error without its text", async (t) => {
  const { bus, nc } = await openBus(t, t.context.engines.natsUrl);
  bus.serve(
    square,
    ({ n }) => {
      if (n === 1) throw new ParleyError("not_found", { error: "没有", hint: "换一个" });
      throw new Error("a password");
    },
    { of: { of: "errors" } },
  );
  await nc.flush();
  const known = await t.throwsAsync(bus.ask(square, { of: "errors", n: 1 }), { instanceOf: ParleyError });
  t.like(known, { errorType: "not_found", message: "没有", hint: "换一个", status: 404 });
  const unknown = await t.throwsAsync(bus.ask(square, { of: "errors", n: 2 }), { instanceOf: ParleyError });
  t.is((unknown as ParleyError).errorType, "internal_error");
  t.notRegex(unknown?.message ?? "", /password/);
});

test("a request that matches no schema is refused, counted, and its handler does not see it", async (t) => {
  const { bus, nc, count } = await openBus(t, t.context.engines.natsUrl);
  bus.serve(square, () => t.fail("handled"), { of: { of: "garbage" } });
  await nc.flush();
  for (const payload of ["", "not JSON", '{"of":"garbage","n":"1"}', "[]", "\xff\xfe"]) {
    const answer = await nc.request("try.square.garbage", payload, { timeout: 1_000 });
    t.regex(answer.json<{ errorType: string }>().errorType, /^invalid_(json|request)$/);
  }
  t.is(await count("parley_messages_rejected_total", "try.square"), 5);
});

test("the reason is named when there is no valid answer", async (t) => {
  const { bus, nc } = await openBus(t, t.context.engines.natsUrl);
  const reasonOf = async (of: string) => {
    const err = await t.throwsAsync(bus.ask(square, { of, n: 1 }), { instanceOf: NoAnswer });
    return (err as NoAnswer).reason;
  };
  t.is(await reasonOf("nobody"), "no_responders");
  bus.serve(square, () => undefined, { of: { of: "silent" } });
  bus.serve(square, () => ({ squared: 0.5 }), { of: { of: "wrong" } });
  await nc.flush();
  t.is(await reasonOf("silent"), "timeout");
  t.is(await reasonOf("wrong"), "invalid");
});

test("a request is repeated while nobody serves it, for as long as it may", async (t) => {
  const { bus } = await openBus(t, t.context.engines.natsUrl);
  const answer = bus.ask(square, { of: "late", n: 3 }, { retryMs: 5_000 });
  setTimeout(() => bus.serve(square, ({ n }) => ({ squared: n * n }), { of: { of: "late" } }), 200);
  t.deepEqual(await answer, { squared: 9 });
});

test("a signal arrives; one without a payload is its subject's tokens, garbage is counted", async (t) => {
  const { bus, nc, count } = await openBus(t, t.context.engines.natsUrl);
  const heard: string[] = [];
  bus.listen(changed, ({ user }) => void heard.push(user));
  bus.signal(changed, { user: "ann" });
  nc.publish("try.changed.bob");
  nc.publish("try.changed.eve", "{");
  await nc.flush();
  t.deepEqual(heard, ["ann", "bob"]);
  t.is(await count("parley_messages_rejected_total", "try.changed"), 1);
});
