import test from "ava";
import { freePort } from "../../infra/engines/free-port.ts";
import { isRunning } from "../../infra/engines/process.ts";
import { readRecord } from "../../infra/engines/record.ts";
import { parley, workFolder } from "../_kit/worlds/parley.ts";
import type { LogLine, Service } from "../_kit/worlds/service.ts";

/** The ready lines of one role: `up` and its children write to the same output. */
const readyOf = (role: string) => (line: LogLine) => line.fields.msg === "ready" && line.fields.role === role;

async function startUp(
  t: Parameters<typeof parley>[0],
  cwd: string,
  env: Record<string, string> = {},
): Promise<{ up: Service; port: number }> {
  const up = parley(t, cwd, ["up"], env);
  up.spawn();
  const { fields } = await up.logged(readyOf("up"), 30_000, "that all is ready");
  for (const name of ["port", "nats", "mqtt"]) t.is(typeof fields[name], "number", name);
  return { up, port: fields.port as number };
}

async function health(port: number): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${port}/health`);
  await answer.text();
  return answer.status;
}

test("up serves, starts a dead child again on the same port, and stops its engines on SIGTERM", async (t) => {
  const { cwd, dataDir } = workFolder(t);
  const metrics = await freePort(0);
  const { up, port } = await startUp(t, cwd, { METRICS_PORT: String(metrics) });
  for (const own of [metrics, metrics + 1])
    t.is(
      (await fetch(`http://127.0.0.1:${own}/livez`)).status,
      200,
      "the actors' and the edge's METRICS_PORT",
    );
  t.is(await health(port), 200);
  t.true(up.log.some(({ text }) => /password .*shown this once/.test(text)));

  const edge = up.log.find(readyOf("edge"))?.fields.pid as number;
  process.kill(edge, "SIGKILL");
  const again = (line: LogLine) => readyOf("edge")(line) && line.fields.pid !== edge;
  t.is((await up.logged(again, 15_000, "that the edge is there again")).fields.port, port);
  t.is(await health(port), 200);

  const engines = Object.values(readRecord({ dataDir }).engines).map(({ pid }) => pid);
  const started = performance.now();
  up.kill("SIGTERM");
  t.is(await up.exit(), 0);
  t.true(performance.now() - started < 10_000);
  t.false(engines.some(isRunning));
  await t.throwsAsync(health(port));
});

test("a killed up takes its children along and leaves its engines to the next", async (t) => {
  const { cwd } = workFolder(t);
  const { up } = await startUp(t, cwd);
  up.kill("SIGKILL");
  const stopped = (role: string) => (line: LogLine) =>
    line.fields.msg === "process stopped" && line.fields.role === role;
  for (const role of ["edge", "actors"]) await up.logged(stopped(role), 15_000, `that ${role} stopped`);

  const { up: next, port } = await startUp(t, cwd);
  t.is(next.log.filter(({ fields }) => fields.msg === "engine adopted").length, 2);
  t.false(next.log.some(({ text }) => text.includes("shown this once")));
  t.is(await health(port), 200);
  next.kill("SIGTERM");
  t.is(await next.exit(), 0);
});
