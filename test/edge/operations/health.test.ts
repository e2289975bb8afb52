import test from "ava";
import { eventually } from "../../_kit/judge/waiting.ts";
import { Api } from "../../_kit/worlds/api.ts";

test("health and notices tell what is away and what is back; metrics are of all processes", async (t) => {
  const api = await Api.start({ actors: 2 });
  t.teardown(() => api.stop());
  const { system } = api;
  const health = async (path = "/health") =>
    (await api.call("GET", path, null)).body as Record<string, unknown>;
  const becomes = (status: string, dependencies: object) =>
    eventually(
      async () => {
        const body = await health();
        return body.status === status && JSON.stringify(body.dependencies) === JSON.stringify(dependencies);
      },
      20_000,
      `${status} ${JSON.stringify(dependencies)}`,
    );

  const client = await system.client("c");
  const up = { nats: "up", mongodb: "up", actors: "up" };
  await becomes("ok", up);
  await eventually(async () => (await health()).actor_processes === 2, 5_000, "both processes are heard");
  t.like(await health("/api/v1/health"), { status: "ok", service: "cyrene-gateway", ws_connections: 1 });

  await client.send("hello", { id: "m" });
  await client.frame((frame) => frame.type === "stream_end", "the reply");
  const { text } = await api.call("GET", "/metrics", { user: "admin" });
  for (const name of [
    "parley_turns_total",
    "parley_queue_wait_seconds_count",
    "parley_first_chunk_seconds_count",
    "parley_ws_connections",
    "parley_commits_fenced_total",
    "parley_session_messages_unfinished",
  ])
    t.regex(text, new RegExp(`^${name}[ {]`, "m"), name);
  t.is(text.match(/^# TYPE process_cpu_seconds_total /gm)?.length, 1, "a family is there once");
  const processes = [...text.matchAll(/^parley_partitions_held\{.*process="([^"]+)"/gm)].map(([, id]) => id);
  t.is(new Set(processes).size, 2, "samples of both actor processes");
  t.notRegex((await api.call("GET", "/metrics?scope=edge", { user: "admin" })).text, /parley_turns_total/);
  t.is((await api.call("GET", "/metrics?scope=moon", { user: "admin" })).status, 400);
  t.is((await api.call("GET", "/metrics", null)).status, 401);
  t.is((await api.call("GET", "/metrics", { user: "user_x" })).status, 403);

  const notices = () =>
    client.frames.flatMap(({ frame }) => (frame.type === "system_info" ? [frame.system_info.action] : []));
  await system.engines.mongod.kill("SIGSTOP");
  await becomes("degraded", { ...up, mongodb: "down" });
  await client.until(() => notices().includes("degraded"), "a notice that something is away");
  await system.engines.mongod.kill("SIGCONT");
  await becomes("ok", up);
  await client.until(() => notices().includes("recovered"), "a notice that it is back");

  await system.engines.nats.kill("SIGKILL");
  await becomes("degraded", { nats: "down", mongodb: "unknown", actors: "unknown" });
  await client.until(() => notices().filter((action) => action === "degraded").length > 1, "another notice");
  await system.engines.nats.restart();
  await becomes("ok", up);
  for (const actor of system.actors) actor.kill("SIGKILL");
  await becomes("degraded", { nats: "up", mongodb: "unknown", actors: "down" });
});
