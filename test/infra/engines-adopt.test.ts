import test from "ava";
import { isRunning } from "../../infra/engines/process.ts";
import { readRecord } from "../../infra/engines/record.ts";
import { parley, workFolder } from "../_kit/worlds/parley.ts";

test("engines left behind by a kill -9 are adopted, with their data, and stopped on SIGTERM", async (t) => {
  const { cwd, dataDir } = workFolder(t);
  const first = parley(t, cwd, ["engines"]);
  await first.start();
  const before = readRecord({ dataDir });
  first.kill("SIGKILL");
  await first.exit();
  const pids = Object.values(before.engines).map(({ pid }) => pid);
  t.is(pids.length, 2);
  t.true(pids.every(isRunning));

  const second = parley(t, cwd, ["engines"]);
  await second.start();
  const after = readRecord({ dataDir });
  t.deepEqual(after.engines, before.engines);
  t.is(after.natsUrl, before.natsUrl);
  t.true(second.log.some(({ text }) => text === `NATS_URL=${after.natsUrl}`));
  t.true(second.log.some(({ text }) => text === `MONGODB_URI=${after.mongodbUri}`));

  const started = performance.now();
  second.kill("SIGTERM");
  t.is(await second.exit(), 0);
  t.true(performance.now() - started < 10_000);
  t.false(pids.some(isRunning));
  t.deepEqual(readRecord({ dataDir }).engines, {});
});

test("a recorded pid that is another program's now is left alone", async (t) => {
  const { cwd, dataDir } = workFolder(t);
  const first = parley(t, cwd, ["engines"]);
  await first.start();
  const record = readRecord({ dataDir });
  first.kill("SIGTERM");
  await first.exit();
  const { updateRecord } = await import("../../infra/engines/record.ts");
  updateRecord({ dataDir }, (now) => {
    for (const [name, engine] of Object.entries(record.engines))
      now.engines[name] = { ...engine, pid: process.pid };
  });
  const second = parley(t, cwd, ["engines"]);
  await second.start();
  t.false(second.log.some(({ fields }) => fields.msg === "engine adopted"));
  second.kill("SIGTERM");
  t.is(await second.exit(), 0);
});
