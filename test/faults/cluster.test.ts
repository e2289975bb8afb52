import test from "ava";
import { streams } from "../../schemas/messages/subjects.ts";
import { lasting } from "../_kit/judge/waiting.ts";
import { startCluster } from "../_kit/worlds/cluster.ts";
import { underLoad } from "../_kit/worlds/scenario.ts";

test("three nats-servers with three replicas: the leader of the log dies, then that of the frames", async (t) => {
  const cluster = await startCluster();
  const { load, finish, system } = await underLoad(t, {
    engines: cluster.engines,
    actors: 1,
    env: { NATS_REPLICAS: "3" },
  });
  await load.progress(20);
  for (const stream of [streams.sessions, streams.out]) {
    const leader = cluster.nats[await cluster.leaderOf(stream)];
    t.truthy(leader, `${stream} has a leader`);
    await leader?.kill("SIGKILL");
    await load.progress(20);
    await lasting(1_000);
    await leader?.restart();
    await load.progress(10);
  }
  for (const service of [...system.edges, ...system.actors]) t.true(service.running, service.name);
  await finish();
});
