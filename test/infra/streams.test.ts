import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import anyTest, { type ExecutionContext, type TestFn } from "ava";
import { createLogger } from "../../infra/log.ts";
import { connectNats } from "../../infra/nats/connect.ts";
import { setStreamPolicy } from "../../infra/nats/stream-policy.ts";
import { ensureStream, versionOf } from "../../infra/nats/streams.ts";
import { startEngines, type TestEngines } from "../_kit/worlds/engines.ts";

// One after another: the policy is the process's.
const test = (anyTest as TestFn<TestEngines>).serial;
let engines: TestEngines;
anyTest.before(async () => {
  engines = await startEngines();
});
anyTest.after.always(() => engines.stop());

async function open(t: ExecutionContext<TestEngines>) {
  const nc = await connectNats({
    url: engines.natsUrl,
    name: "test",
    log: createLogger("test", { logLevel: "silent" }),
  });
  t.teardown(async () => {
    const jsm = await jetstreamManager(nc);
    for await (const { config: made } of jsm.streams.list()) await jsm.streams.delete(made.name);
    await nc.close();
  });
  return { jsm: await jetstreamManager(nc), js: jetstream(nc) };
}

const config = {
  name: "KEEP",
  subjects: ["keep.*"],
  discard: "new" as const,
  discard_new_per_subject: true,
  max_msgs_per_subject: 3,
};

test("a limit is not lowered below what is stored, and a warning names both numbers", async (t) => {
  const { jsm, js } = await open(t);
  await ensureStream(jsm, { ...config, max_msgs_per_subject: 10, max_bytes: 1_000_000 });
  for (let n = 0; n < 6; n++) await js.publish("keep.a", "x".repeat(1_000));
  const warnings: Record<string, unknown>[] = [];
  const log = createLogger(
    "test",
    { logLevel: "warn" },
    { write: (line) => warnings.push(JSON.parse(line)) },
  );
  setStreamPolicy({ replicas: 1, dataVersion: 0, log });
  t.teardown(() => setStreamPolicy({ replicas: 1, dataVersion: 0 }));
  const lowered = { ...config, max_msgs_per_subject: 5, max_bytes: 3_000 };
  const { config: kept, state } = await ensureStream(jsm, lowered);
  t.is(kept.max_msgs_per_subject, 10);
  t.is(kept.max_bytes, 1_000_000);
  t.is(state.messages, 6);
  const told = warnings.map(({ limit, current, wanted, stored }) => ({ limit, current, wanted, stored }));
  t.deepEqual(told[1], { limit: "max_msgs_per_subject", current: 10, wanted: 5, stored: 6 });
  t.like(told[0], { limit: "max_bytes", current: 1_000_000, wanted: 3_000 });
  await jsm.streams.purge("KEEP");
  t.like((await ensureStream(jsm, lowered)).config, { max_msgs_per_subject: 5, max_bytes: 3_000 });
});

test("a stream of a newer version stays as it is; one of an older version gets the new stamp", async (t) => {
  const { jsm } = await open(t);
  t.teardown(() => setStreamPolicy({ replicas: 1, dataVersion: 0 }));
  setStreamPolicy({ replicas: 1, dataVersion: 7 });
  t.is(versionOf((await ensureStream(jsm, { ...config, max_msgs: 9 })).config), 7);
  setStreamPolicy({ replicas: 1, dataVersion: 6 });
  const older = await ensureStream(jsm, { ...config, max_msgs: 20 });
  t.is(older.config.max_msgs, 9);
  t.is(versionOf(older.config), 7);
  setStreamPolicy({ replicas: 1, dataVersion: 8 });
  t.is(versionOf((await ensureStream(jsm, config)).config), 8);
});

test("a stream is made once, left alone when equal, and changed where it differs", async (t) => {
  const { jsm } = await open(t);
  const wanted = { name: "TRY", subjects: ["try.>"], max_msgs_per_subject: 5, discard: "new" as const };
  const made = await Promise.all(Array.from({ length: 4 }, () => ensureStream(jsm, wanted)));
  for (const info of made) t.is(info.created, made[0]?.created ?? "");
  const changed = await ensureStream(jsm, { ...wanted, max_msgs_per_subject: 7 });
  t.is(changed.config.max_msgs_per_subject, 7);
  t.is(changed.created, made[0]?.created ?? "");
  await t.throwsAsync(ensureStream(jsm, { ...wanted, storage: "memory" }));
});
