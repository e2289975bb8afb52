import { streams } from "../../schemas/messages/subjects.ts";
import { Load } from "../_kit/clients/load.ts";
import { check, describe } from "../_kit/judge/checker.ts";
import { collect } from "../_kit/judge/collect.ts";
import { createSeed, seedFromEnvironment } from "../_kit/judge/seed.ts";
import { lasting } from "../_kit/judge/waiting.ts";
import { type Cluster, type ClusterNode, startCluster } from "../_kit/worlds/cluster.ts";
import { type System, startSystem } from "../_kit/worlds/system.ts";

// `make cluster-test`: each fault on the server that leads the log, then on the one that leads the frames, then on each
// member of the replica set, under load, with one and with three replicas; the checker looks at everything in the end.
// FAULTS=kill,stop,wipe,mute and REPLICAS=1,3 choose.

const faultMs = 6_000;
const sessions = Number(process.env.SESSIONS ?? 20);
const chosen = (process.env.FAULTS ?? "kill,stop,wipe,mute").split(",");
const replicas = (process.env.REPLICAS ?? "3,1").split(",");

interface Run {
  cluster: Cluster;
  system: System;
  load: Load;
  copies: string;
}

/** What is done to a server; it is in order again when the promise resolves. */
type Fault = (run: Run, node: ClusterNode, index: number) => Promise<void>;

const faults: Record<string, Fault> = {
  kill: async (_run, node) => {
    await node.kill("SIGKILL");
    await lasting(faultMs);
    await node.restart();
  },
  stop: async (_run, node) => {
    await node.kill("SIGSTOP");
    await lasting(faultMs);
    await node.kill("SIGCONT");
  },
  wipe: async (_run, node) => {
    await node.wipe();
    await lasting(faultMs);
    await node.restart();
  },
  mute: async ({ cluster }, node, index) => {
    if (node !== cluster.nats[index]) return;
    const speak = cluster.mute(index);
    await lasting(faultMs);
    speak();
  },
};

/** Time from a fault until each session has had a further turn: the median and the worst, s. */
async function served(load: Load, act: () => Promise<void>): Promise<string> {
  const startedAt = performance.now();
  const times = load.sessions.map(async (session) => {
    await load.nextTurn(session);
    return performance.now() - startedAt;
  });
  await act();
  const all = (await Promise.all(times)).toSorted((a, b) => a - b);
  const seconds = (ms: number | undefined) => ((ms ?? 0) / 1_000).toFixed(1);
  return `served again: median ${seconds(all[Math.floor(all.length / 2)])} s, worst ${seconds(all.at(-1))} s`;
}

async function onServers(run: Run, name: string): Promise<void> {
  const fault = faults[name];
  if (fault === undefined) throw new Error(`no fault ${name}`);
  for (const stream of [streams.sessions, streams.out]) {
    const index = await run.cluster.leaderOf(stream);
    const node = run.cluster.nats[index];
    if (node === undefined) throw new Error(`${stream} has no leader`);
    // With one copy, what was accepted and not answered is gone with the disk: nothing may be under way.
    const isLossy = name === "wipe" && run.copies === "1";
    if (isLossy) await run.load.pause();
    const act = async () => {
      await fault(run, node, index);
      if (isLossy) run.load.resume();
    };
    say(`R${run.copies} ${name} of the leader of ${stream}: ${await served(run.load, act)}`);
  }
}

async function onMembers(run: Run, name: string): Promise<void> {
  const fault = faults[name];
  if (fault === undefined || name === "mute") return;
  for (const member of run.cluster.mongod)
    say(
      `R${run.copies} ${name} of MongoDB ${member.name}: ${await served(run.load, () => fault(run, member, -1))}`,
    );
}

async function runWith(copies: string): Promise<number> {
  const seed = seedFromEnvironment();
  const cluster = await startCluster({ mongods: 3 });
  const system = await startSystem({ engines: cluster.engines, env: { NATS_REPLICAS: copies } });
  try {
    const behaviour = { reconnect: true, retry: true };
    const clients = [
      await system.client("one", { edge: 0, ...behaviour }),
      await system.client("two", { edge: 1, ...behaviour }),
    ];
    const load = new Load({ clients, seed: createSeed(seed.value + 1), sessions, window: 1 });
    const run = { cluster, system, load, copies };
    await load.progress(sessions);
    for (const name of chosen) {
      await onServers(run, name);
      await onMembers(run, name);
    }
    await load.settle(120_000);
    const history = await collect(system, { seed, clients, controls: load.controls, restMs: 120_000 });
    await Promise.all(clients.map((client) => client.caughtUp()));
    const violations = check(history);
    say(`R${copies}: ${history.turns.length} turns, ${history.sends.length} messages sent`);
    say(describe(violations, seed.value));
    return violations.length;
  } finally {
    await system.stop();
  }
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

let violations = 0;
for (const copies of replicas) violations += await runWith(copies);
process.exit(violations === 0 ? 0 : 1);
