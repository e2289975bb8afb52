import { lasting } from "../_kit/judge/waiting.ts";
import { startSystem } from "../_kit/worlds/system.ts";
import { type Figure, percentile } from "./figures.ts";
import type { Plan } from "./plan.ts";
import { anonymousKiB, settledKiB } from "./process-usage.ts";
import { say } from "./progress.ts";
import { chatPath, sessionActors, turnEnv, turnModel, turnsPerSession } from "./turn.ts";
import { TurnLoad } from "./turn-load.ts";

// What more actor processes bring, and what sessions leave behind in one. The processes share the cores of this
// machine with the edge, the engines and the client: where there are two cores, more processes can't bring more turns.

const sessions = 500;
const warmMs = 60_000;
const idleMs = 20_000;
/** The sweep that lets idle sessions leave takes a moment. */
const sweptMs = 4_000;
const onceWindow = 200;
const placedMs = 30_000;

interface Measured {
  perS: number;
  waitP50: number;
  waitP99: number;
}

/** Turns with several actor processes, and the memory of sessions that were active once. */
export async function growth(plan: Plan): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const actors of plan.actorProcesses) figures.push(...(await withActors(plan, actors)));
  figures.push(...(await activeOnce(plan)));
  return figures;
}

async function withActors(plan: Plan, actors: number): Promise<Figure[]> {
  const system = await startSystem({ edges: 1, actors, env: turnEnv, actorCommand: sessionActors });
  try {
    const port = system.edge(0).port;
    const runs: Measured[] = [];
    const load = newLoad(port, `of${actors}`, sessions);
    await load.start(true);
    await Promise.all([load.reached(plan.warmTurns, warmMs), lasting(4_000)]);
    for (let repetition = 0; repetition < plan.repetitions; repetition++) {
      load.reset();
      const begun = performance.now();
      await lasting(plan.windowMs);
      const seconds = (performance.now() - begun) / 1_000;
      const waits = [percentile(load.beginMs, 0.5), percentile(load.beginMs, 0.99)];
      const [waitP50 = Number.NaN, waitP99 = Number.NaN] = waits;
      runs.push({ perS: load.turns / seconds, waitP50, waitP99 });
    }
    await load.stop();
    say(`growth: ${actors} actor process${actors > 1 ? "es" : ""}`);
    const name = `${actors} actor process${actors > 1 ? "es" : ""}, ${sessions} sessions`;
    return [
      { name: `${name}: rate`, unit: "turns/s", values: runs.map(({ perS }) => perS) },
      {
        ...{ name: `${name}: message to begin p50`, unit: "ms", values: runs.map(({ waitP50 }) => waitP50) },
        note: `p99 ${runs.map(({ waitP99 }) => Math.round(waitP99)).join(", ")} ms`,
      },
    ];
  } finally {
    await system.stop();
  }
}

function newLoad(port: number, prefix: string, slots: number, once?: number): TurnLoad {
  const bounds = once === undefined ? { turnsPerSession } : { turnsPerSession: 1, turnsPerSlot: once };
  return new TurnLoad({ port, path: chatPath(), sessions: slots, prefix, model: turnModel, ...bounds });
}

/**
 * Memory over that of a process that is warm: after many sessions had one turn each, after they left, and after as
 * many others. A heap does not shrink by itself; sessions that have left show in that the second lot adds little.
 */
async function activeOnce(plan: Plan): Promise<Figure[]> {
  const env = { ...turnEnv, LIMIT_IDLE_ACTOR_MS: String(idleMs) };
  const after: number[][] = [[], [], []];
  for (let repetition = 0; repetition < plan.repetitions; repetition++) {
    const system = await startSystem({ edges: 1, actors: 1, env, actorCommand: sessionActors });
    try {
      const pid = system.actor(0).pid;
      const port = system.edge(0).port;
      await once(port, "warm", plan.onceSessions / 10);
      const base = await settledKiB(pid);
      await once(port, "first", plan.onceSessions);
      after[0]?.push(anonymousKiB(pid) - base);
      await lasting(idleMs + sweptMs);
      after[1]?.push(anonymousKiB(pid) - base);
      await once(port, "second", plan.onceSessions);
      after[2]?.push(anonymousKiB(pid) - base);
    } finally {
      await system.stop();
    }
    say(`sessions active once: repetition ${repetition + 1} of ${plan.repetitions}`);
  }
  const row = (name: string, values: number[] = []): Figure => ({
    ...{ name: `${plan.onceSessions} sessions active once: ${name}`, unit: "MiB of an actor process" },
    values: values.map((KiB) => KiB / 1_024),
  });
  return [
    row("after their turn", after[0]),
    row(`idle for ${(idleMs + sweptMs) / 1_000} s`, after[1]),
    row("after as many others", after[2]),
  ];
}

async function once(port: number, prefix: string, count: number): Promise<void> {
  const load = newLoad(port, prefix, onceWindow, Math.ceil(count / onceWindow));
  await load.start(true);
  await load.reached(count, warmMs + placedMs);
  await load.stop();
}
