import anyTest, { type TestFn } from "ava";
import { Sandbox, SandboxError, TaskError } from "../../../actors/sandbox/sandbox.ts";

const MiB = 1024 * 1024;
const test = anyTest as TestFn<{ sandbox: Sandbox }>;

test.beforeEach((t) => {
  const module = new URL("./hostile-task.js", import.meta.url);
  t.context.sandbox = new Sandbox({ module, places: 1, waiting: 10, memoryBytes: 256 * MiB });
});
test.afterEach.always((t) => t.context.sandbox.stop());

const call = { user: "anna", timeoutMs: 20_000 };

test("a task that takes too much memory is killed, on the heap and beside it, and the next one runs", async (t) => {
  const { sandbox } = t.context;
  for (const task of ["memory", "buffers"]) {
    const before = process.memoryUsage.rss();
    const err = await t.throwsAsync(sandbox.run(task, call), { instanceOf: SandboxError });
    t.is((err as SandboxError).kind, "memory");
    t.true(process.memoryUsage.rss() - before < 100 * MiB, "the memory was not ours");
    t.is(await sandbox.run("next", call), "next");
  }
});

test("a task that never ends is killed in time, and one that nobody wants at once", async (t) => {
  const { sandbox } = t.context;
  const late = await t.throwsAsync(sandbox.run("loop", { ...call, timeoutMs: 300 }));
  t.like(late, { kind: "time" });
  const leave = new AbortController();
  const unwanted = sandbox.run("loop", { ...call, signal: leave.signal });
  leave.abort(new Error("deleted"));
  await t.throwsAsync(unwanted, { message: "deleted" });
  t.like(await t.throwsAsync(sandbox.run("exit", call)), { kind: "crash" });
  t.is(await sandbox.run("next", call), "next");
});

test("a task sees no environment, and its errors come back by name", async (t) => {
  const { sandbox } = t.context;
  process.env.SANDBOX_SECRET = "secret";
  const seen = Object.keys((await sandbox.run("env", call)) as Record<string, string>);
  t.deepEqual(
    seen.filter((name) => name !== "NODE_CHANNEL_FD" && name !== "NODE_CHANNEL_SERIALIZATION_MODE"),
    [],
  );
  const err = await t.throwsAsync(sandbox.run("throw", call), { instanceOf: TaskError });
  t.like(err, { taskError: "TypeError", message: "no such luck" });
});
