import { createLogger } from "../../infra/log.ts";
import { connectNats } from "../../infra/nats/connect.ts";
import { actorsAliveSchema } from "../../schemas/messages/actors-alive.ts";
import { partitionCount, sessionPartition, subjects } from "../../schemas/messages/subjects.ts";
import { adminUserId } from "../../schemas/principal.ts";
import { lasting, Watch } from "../_kit/judge/waiting.ts";
import type { Service } from "../_kit/worlds/service.ts";
import { type System, startSystem } from "../_kit/worlds/system.ts";
import { type Figure, percentile } from "./figures.ts";
import { FrameSocket } from "./frame-socket.ts";
import type { Plan } from "./plan.ts";
import { say } from "./progress.ts";
import { chatPath, turnEnv } from "./turn.ts";
import { TurnLoad } from "./turn-load.ts";

// How long people wait when a process is killed. For an actor process: from the kill to the first turn that begins in
// each of its sessions, the last of them counted. For an edge: a client that comes back at once, to the other edge,
// from its attempt to its first frame, and from the kill to that frame.

const sessions = 64;
/** Turns take about 100 ms, so that a kill meets some in every part of their way. */
const slowModel = "ena-test:20x5";
const takeoverMs = 30_000;
const restMs = 500;

/** Waits after the death of a process. */
export async function takeover(plan: Plan): Promise<Figure[]> {
  const system = await startSystem({ edges: 2, actors: 2, env: turnEnv });
  try {
    return [...(await ofActors(plan, system)), ...(await ofEdges(plan, system))];
  } finally {
    await system.stop();
  }
}

/** Who holds which partitions, as the processes say it. */
class Holders {
  readonly #held = new Map<string, { partitions: Set<number>; heardAt: number }>();

  hear(data: Uint8Array): void {
    const { id, partitions } = actorsAliveSchema.parse(JSON.parse(new TextDecoder().decode(data)));
    this.#held.set(id, { partitions: new Set(partitions.session), heardAt: performance.now() });
  }

  /** Partitions of the process that said nothing after `since`, though it spoke up to then. */
  silentSince(since: number): Set<number> {
    const silent = [...this.#held].filter(([, { heardAt }]) => heardAt <= since);
    for (const [id] of silent) this.#held.delete(id);
    const [last] = silent.toSorted((a, b) => b[1].heardAt - a[1].heardAt);
    return last?.[1].partitions ?? new Set();
  }

  /** Whether this many processes are heard and hold all partitions among them, some each. */
  placed(processes: number): boolean {
    const now = performance.now();
    const living = [...this.#held.values()].filter(({ heardAt }) => now - heardAt < 1_500);
    const held = living.reduce((sum, { partitions }) => sum + partitions.size, 0);
    return (
      living.length === processes &&
      held >= partitionCount &&
      living.every(({ partitions }) => partitions.size > 0)
    );
  }
}

async function ofActors(plan: Plan, system: System): Promise<Figure[]> {
  const log = createLogger("bench", { logLevel: "warn" });
  const nc = await connectNats({ url: system.engines.natsUrl, name: "bench", log });
  const holders = new Holders();
  const watch = new Watch();
  nc.subscribe(subjects.actorAliveAll, {
    callback: (_err, message) => {
      holders.hear(message.data);
      watch.changed();
    },
  });
  const begins = new Map<string, number>();
  const load = new TurnLoad({
    ...{ port: system.edge(0).port, path: chatPath(), sessions, prefix: "takeover", model: slowModel },
    onFirst: (session, at) => {
      begins.set(session, at);
      watch.changed();
    },
  });
  await load.start(true);
  const lasts: number[] = [];
  const all: number[] = [];
  try {
    for (let kill = 0; kill < plan.kills; kill++) {
      await watch.until(() => holders.placed(2), takeoverMs, "both processes hold partitions");
      await lasting(restMs);
      const waits = await killed(system.actor(kill % 2), begins, holders, watch);
      lasts.push(Math.max(...waits));
      all.push(...waits);
      await system.actor(kill % 2).start();
      say(`kill ${kill + 1} of ${plan.kills}: ${(lasts.at(-1) ?? 0).toFixed(0)} ms`);
    }
  } finally {
    load.cut();
    await nc.close();
  }
  return [
    {
      ...{ name: "takeover after kill -9 of an actor process: last session, p95", unit: "s" },
      values: [percentile(lasts, 0.95) / 1_000],
      target: { of: "value", sense: "max", bound: 5 },
      note: `${plan.kills} kills, ${all.length} sessions`,
    },
    {
      ...{ name: "takeover: last session of each kill", unit: "s" },
      values: lasts.map((ms) => ms / 1_000),
    },
  ];
}

/** Kills a process and waits until every session of its partitions has begun another turn; ms of each. */
async function killed(
  actor: Service,
  begins: Map<string, number>,
  holders: Holders,
  watch: Watch,
): Promise<number[]> {
  actor.kill("SIGKILL");
  await actor.exit();
  const at = performance.now();
  // The others speak once a second, so who stays silent this long is the one that was killed.
  await lasting(1_500);
  const partitions = holders.silentSince(at);
  if (partitions.size === 0) throw new Error("nobody knows what the killed process held");
  const own = [...begins.keys()].filter((session) => partitions.has(sessionPartition(adminUserId, session)));
  const begun = () => own.every((session) => (begins.get(session) ?? 0) > at);
  await watch.until(begun, takeoverMs, "every session of the killed process runs again");
  return own.map((session) => (begins.get(session) ?? 0) - at);
}

async function ofEdges(plan: Plan, system: System): Promise<Figure[]> {
  const reconnects: number[] = [];
  const outages: number[] = [];
  const kills = Math.ceil(plan.kills / 2);
  for (let kill = 0; kill < kills; kill++) {
    const [victim, other] = [system.edge(kill % 2), system.edge((kill + 1) % 2)];
    const lost = new Promise<void>((resolve) => {
      const options = { port: victim.port, path: chatPath(), onFrame: () => {}, onClose: resolve };
      void FrameSocket.open(options);
    });
    await lasting(restMs);
    victim.kill("SIGKILL");
    const killedAt = performance.now();
    await lost;
    const attemptAt = performance.now();
    await firstFrame(other.port);
    reconnects.push(performance.now() - attemptAt);
    outages.push(performance.now() - killedAt);
    await victim.exit();
    await victim.start();
  }
  const note = `${kills} kills; p95 ${percentile(reconnects, 0.95).toFixed(1)} ms`;
  return [
    { name: "kill -9 of an edge: reconnect to first frame", unit: "ms", values: reconnects, note },
    { name: "kill -9 of an edge: kill to first frame elsewhere", unit: "ms", values: outages },
  ];
}

function firstFrame(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const opened = FrameSocket.open({ port, path: chatPath(), onFrame: () => done() });
    const done = () => void opened.then((socket) => socket.destroy()).then(resolve, reject);
    opened.catch(reject);
  });
}
