import { jetstreamManager } from "@nats-io/jetstream";
import anyTest, { type TestFn } from "ava";
import { z } from "zod";
import { readRejected } from "../../../infra/bus/rejected.ts";
import { MessageTooLarge } from "../../../infra/bus/stream-publisher.ts";
import { defineEvent } from "../../../schemas/messages/define.ts";
import { eventually } from "../../_kit/judge/waiting.ts";
import { openBus, TestOutage } from "../../_kit/worlds/bus.ts";
import { startEngines, type TestEngines } from "../../_kit/worlds/engines.ts";

/** Waits for state of the server, or of a handler. */
function waitFor(look: () => boolean | Promise<boolean>, ms = 10_000): Promise<boolean> {
  return eventually(async () => look(), ms, look.toString());
}

const test = anyTest as TestFn<{ engines: TestEngines }>;

test.before(async (t) => {
  t.context.engines = await startEngines();
});
test.after.always((t) => t.context.engines?.stop());

/** A stream of its own with one kind of event. */
async function world(t: Parameters<typeof openBus>[0] & { context: { engines: TestEngines } }, name: string) {
  const opened = await openBus(t, t.context.engines.natsUrl);
  const jsm = await jetstreamManager(opened.nc);
  await jsm.streams.add({ name, subjects: [`${name}.*`] });
  const event = defineEvent({
    name,
    doc: "An event of a test.",
    subject: `${name}.{user}` as "x.{user}",
    stream: name,
    message: z.object({ user: z.string(), n: z.int() }),
    id: ({ user, n }) => `${user}.${n}`,
    publishers: ["actors"],
    listeners: ["actors"],
  });
  return { ...opened, jsm, event };
}

test.serial(
  "garbage is set aside at once, in whatever number, and every valid event is handled",
  async (t) => {
    const { bus, nc, jsm, event, count } = await world(t, "GARBAGE");
    for (let i = 0; i < 1_060; i++) nc.publish("GARBAGE.eve", i % 2 ? "not JSON" : '{"turns":[{"id":1}]}');
    await bus.append(event, { user: "ann", n: 1 });
    const handled: number[] = [];
    await bus.consume(event, { name: "few", inFlight: 8 }, async ({ n }) => void handled.push(n));
    await waitFor(() => handled.length === 1, 20_000);
    await bus.append(event, { user: "ann", n: 2 });
    await waitFor(() => handled.length === 2);
    await waitFor(async () => (await jsm.consumers.info("GARBAGE", "few")).num_ack_pending === 0);
    t.is(await count("parley_messages_rejected_total", "GARBAGE"), 1_060);
    t.is((await jsm.consumers.info("GARBAGE", "few")).ack_floor.stream_seq, 1_062);
    // Another consumer finds the same garbage: it stands in REJECTED once.
    await bus.consume(event, { name: "second", inFlight: 64 }, async () => {});
    await waitFor(async () => (await jsm.consumers.info("GARBAGE", "second")).ack_floor.stream_seq === 1_062);
    const { total, entries } = await readRejected({ jsm }, 10);
    t.is(total, 1_060);
    t.is(entries.length, 10);
    t.like(entries[0], { name: "GARBAGE", stream: "GARBAGE", subject: "GARBAGE.eve", seq: 1_060, tries: 0 });
    t.is(entries[0]?.payload, "not JSON");
    t.true((entries[0]?.id ?? 0) > (entries[1]?.id ?? 0), "newest first");
    const older = await readRejected({ jsm }, 5, entries[9]?.id);
    t.is(older.entries[0]?.id, (entries[9]?.id ?? 0) - 1);
  },
);

test("a handler that fails is tried again, later each time, and then the event is set aside and the next one runs", async (t) => {
  const { bus, jsm, event } = await world(t, "FAILING");
  const attempts: { at: number; attempt: number; last: boolean }[] = [];
  const handled: string[] = [];
  await bus.append(event, { user: "eve", n: 1 });
  await bus.append(event, { user: "ann", n: 1 });
  await bus.consume(
    event,
    { name: "failing", inFlight: 1, tries: 3 },
    async ({ user }, { attempt, last }) => {
      if (user === "ann") return void handled.push(user);
      attempts.push({ at: performance.now(), attempt, last });
      throw new Error("does not work");
    },
  );
  await waitFor(() => handled.length === 1);
  t.true(attempts.length < 3, "the next one does not wait for the last try");
  await waitFor(
    async () => (await jsm.consumers.info("FAILING", "failing")).ack_floor.stream_seq === 2,
    15_000,
  );
  t.deepEqual(
    attempts.map(({ attempt, last }) => [attempt, last]),
    [
      [1, false],
      [2, false],
      [3, true],
    ],
  );
  const [first, second, third] = attempts.map(({ at }) => at);
  t.true((third ?? 0) - (second ?? 0) > (second ?? 0) - (first ?? 0));
  const { entries } = await readRejected({ jsm }, 9);
  t.like(
    entries.find(({ stream }) => stream === "FAILING"),
    { name: "FAILING", consumer: "failing", tries: 3, reason: "does not work" },
  );
});

test("an outage is waited for and counts no try; what only one event meets is no outage", async (t) => {
  const { bus, jsm, event } = await world(t, "OUTAGE");
  let away = true;
  let tries = 0;
  const handled: number[] = [];
  await bus.consume(event, { name: "outage", inFlight: 4, tries: 2 }, async ({ user, n }) => {
    if (user === "eve") throw new TestOutage("only for her");
    tries += 1;
    if (away) throw new TestOutage("the store is away");
    handled.push(n);
  });
  await bus.append(event, { user: "ann", n: 1 });
  await waitFor(() => tries >= 4, 15_000);
  away = false;
  await waitFor(() => handled.length === 1);
  t.is((await jsm.consumers.info("OUTAGE", "outage")).delivered.consumer_seq, 1, "delivered once");
  await bus.append(event, { user: "eve", n: 1 });
  const chatter = setInterval(() => void bus.append(event, { user: "ann", n: ++tries }), 50);
  try {
    await waitFor(
      async () => (await readRejected({ jsm }, 9)).entries.some(({ name }) => name === "OUTAGE"),
      30_000,
    );
  } finally {
    clearInterval(chatter);
  }
  t.pass();
});

test("an event from a newer version, with fields that this one does not know, is handled", async (t) => {
  const { bus, nc, event } = await world(t, "NEWER");
  const handled: object[] = [];
  await bus.consume(event, { name: "newer", inFlight: 1 }, async (message) => void handled.push(message));
  nc.publish("NEWER.ann", JSON.stringify({ user: "ann", n: 1, mood: "fine", more: { deep: [1] } }));
  await waitFor(() => handled.length === 1);
  t.deepEqual(handled, [{ user: "ann", n: 1 }]);
});

test("a stop waits for what runs, and gives back what does not end", async (t) => {
  const { bus, jsm, event } = await world(t, "STOP");
  let began: () => void = () => {};
  let release: () => void = () => {};
  const started = new Promise<void>((resolve) => (began = resolve));
  const released = new Promise<void>((resolve) => (release = resolve));
  const consumer = await bus.consume(event, { name: "stop", inFlight: 1, oneByOne: true }, async () => {
    began();
    await released;
  });
  await bus.append(event, { user: "ann", n: 1 });
  await started;
  const stopped = consumer.stop();
  release();
  await stopped;
  await waitFor(async () => (await jsm.consumers.info("STOP", "stop")).ack_floor.stream_seq === 1);
  t.pass();
});

test("a message that the server takes at no time is refused where it is published", async (t) => {
  const { bus, event } = await world(t, "LARGE");
  const user = "u".repeat(60);
  const text = "\u0001".repeat(200_000);
  const large = { user, n: 1, text };
  await t.throwsAsync(bus.append(event, large), { instanceOf: MessageTooLarge });
  t.true(bus.maxBytes > 1_000_000);
});
