import { spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { checkoutDir } from "../../infra/checkout.ts";
import { actorNodeFlags } from "../../infra/cli/node-flags.ts";
import { adminUserId } from "../../schemas/principal.ts";
import { lasting } from "../_kit/judge/waiting.ts";
import type { Service } from "../_kit/worlds/service.ts";
import { type System, startSystem } from "../_kit/worlds/system.ts";
import { mintToken } from "../_kit/worlds/token.ts";
import { type Figure, percentile, spread } from "./figures.ts";
import type { Plan } from "./plan.ts";
import { cpuOf, cpuSince } from "./process-usage.ts";
import { startProgram } from "./program.ts";
import { say } from "./progress.ts";
import { TurnLoad } from "./turn-load.ts";

// The durable turn, against the raw engines doing the same writes and hops (raw-turn.ts). Both use the same nats-server
// and mongod, one edge process and one process that answers, and the same client on one socket: `/ws/chat` has one
// user, whose every socket gets the frames of all his sessions, so more sockets would measure fan-out. While one is
// measured the other is idle. The product also stores an event a turn, numbers its frames and can resume them, and
// refuses what is sent twice; the reference does not. That is part of the price that is measured. What other actors do
// with the event (search, rules, memory) is no part of a turn: the process that is measured runs the session actors
// alone, and a row of its own says what a turn costs where one process runs everything.

/** Rates, counts and times that a benchmark goes beyond and a person does not. */
export const turnEnv = {
  LOG_LEVEL: "warn",
  LIMIT_USER_MESSAGES_PER_S: "1000000",
  LIMIT_USER_BURST: "1000000",
  LIMIT_USER_SESSIONS: "100000",
  LIMIT_SOCKET_REQUESTS: "20000",
};

/** Model that answers in 20 chunks without a delay. */
export const turnModel = "ena-test:20x0";
/** A conversation ends at some time; a slot that lives longer goes on with a new session. */
export const turnsPerSession = 200;
const warmMs = 60_000;
/** The reference is void below this share of what its parts predict. */
const voidBelow = 0.8;

type Pids = Record<string, number>;

/** Where turns are sent, and whose CPU they cost. */
interface Side {
  port: number;
  path: string;
  greeted: boolean;
  pids: Pids;
}

interface Measured {
  perS: number;
  firstP50: number;
  firstP99: number;
  cpuMs: number;
  cpuMsBy: Pids;
}

interface Parts {
  publishes: number;
  inserts: number;
}

/** Command of a process that runs the session actors and no others. */
export const sessionActors = [...actorNodeFlags, join(checkoutDir, "bin", "parley.js"), "actors", "session"];

/** Path of `/ws/chat` with the administrator's token. */
export const chatPath = () => `/ws/chat?token=${mintToken(adminUserId)}`;

/** Durable turns of Parley and of the raw engines. */
export async function turn(plan: Plan): Promise<Figure[]> {
  return [...(await againstRaw(plan)), ...(await withEverything(plan))];
}

async function againstRaw(plan: Plan): Promise<Figure[]> {
  const system = await startSystem({ edges: 1, actors: 1, env: turnEnv, actorCommand: sessionActors });
  const programs: Service[] = [];
  const env = { NATS_URL: system.engines.natsUrl, MONGODB_URI: system.engines.mongodbUri };
  const raw = async (role: string, mode: string) => {
    const program = await startProgram(`raw ${role}, ${mode}`, "raw-turn", env, [role, mode]);
    programs.push(program);
    return program;
  };
  try {
    const engines = { nats: system.engines.nats.pid, mongod: system.engines.mongod.pid };
    const pair = async (mode: string): Promise<Side> => {
      const worker = await raw("worker", mode);
      const edge = await raw("edge", mode);
      const pids = { edge: edge.pid, actors: worker.pid, ...engines };
      return { port: edge.port, path: "/", greeted: false, pids };
    };
    const sides = { parley: parleySide(system), raw: await pair("durable"), hops: await pair("hops") };
    for (const side of Object.values(sides)) await warm(side, plan.warmTurns);
    say("turns: everything is warm");
    const parts: Parts[] = [];
    for (let repetition = 0; repetition < plan.repetitions; repetition++) parts.push(await partsAlone(env));
    const figures: Figure[] = partRows(parts);
    for (const sessions of plan.turnSessions)
      figures.push(...(await atSessions(plan, sessions, sides, parts)));
    return figures;
  } finally {
    await Promise.all(programs.map((program) => program.destroy()));
    await system.stop();
  }
}

async function withEverything(plan: Plan): Promise<Figure[]> {
  const system = await startSystem({ edges: 1, actors: 1, env: turnEnv });
  try {
    const side = parleySide(system);
    await warm(side, plan.warmTurns);
    const runs: Measured[] = [];
    for (let repetition = 0; repetition < plan.repetitions; repetition++)
      runs.push(await measured(side, 50, plan.windowMs));
    const name = "turn, 50 sessions, all actors in the process";
    return [
      { name: `${name}: rate`, unit: "turns/s", values: runs.map(({ perS }) => perS) },
      {
        ...{ name: `${name}: CPU`, unit: "ms/turn", values: runs.map(({ cpuMs }) => cpuMs) },
        note: shares(runs),
      },
    ];
  } finally {
    await system.stop();
  }
}

function parleySide(system: System): Side {
  const { engines } = system;
  const pids = {
    edge: system.edge(0).pid,
    actors: system.actor(0).pid,
    nats: engines.nats.pid,
    mongod: engines.mongod.pid,
  };
  return { port: system.edge(0).port, path: chatPath(), greeted: true, pids };
}

let loads = 0;

async function warm(side: Side, turns: number): Promise<void> {
  const load = newLoad(side, 50);
  await load.start(side.greeted);
  await load.reached(turns, warmMs);
  await load.stop();
}

function newLoad({ port, path }: Side, sessions: number): TurnLoad {
  return new TurnLoad({ port, path, sessions, prefix: `load${loads++}`, model: turnModel, turnsPerSession });
}

async function measured(side: Side, sessions: number, ms: number): Promise<Measured> {
  const load = newLoad(side, sessions);
  await load.start(side.greeted);
  // The first turns make the sessions, and the last window's lazy work of the other side ends meanwhile.
  await Promise.all([load.reached(2 * sessions, warmMs), lasting(1_500)]);
  load.reset();
  const before = cpuOf(side.pids);
  const begun = performance.now();
  await lasting(ms);
  const seconds = (performance.now() - begun) / 1_000;
  const cpu = cpuSince(side.pids, before);
  const { turns, firstChunkMs } = load;
  const first = [percentile(firstChunkMs, 0.5), percentile(firstChunkMs, 0.99)];
  await load.stop();
  const cpuMsBy = Object.fromEntries(
    Object.entries(cpu).map(([name, used]) => [name, (used * 1_000) / turns]),
  );
  return {
    perS: turns / seconds,
    firstP50: first[0] ?? Number.NaN,
    firstP99: first[1] ?? Number.NaN,
    cpuMs: Object.values(cpuMsBy).reduce((sum, one) => sum + one, 0),
    cpuMsBy,
  };
}

async function partsAlone(env: Record<string, string>): Promise<Parts> {
  const program = fileURLToPath(new URL("./raw-parts.js", import.meta.url));
  const child = spawn(process.execPath, [program], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  for await (const piece of child.stdout) text += piece;
  return JSON.parse(text) as Parts;
}

function partRows(parts: Parts[]): Figure[] {
  return [
    {
      ...{ name: "raw part: fsynced publishes, 100 outstanding", unit: "1/s", values: [] },
      reference: parts.map(({ publishes }) => publishes),
    },
    {
      ...{ name: "raw part: insertMany of 100 turns, majority", unit: "docs/s", values: [] },
      reference: parts.map(({ inserts }) => inserts),
    },
  ];
}

async function atSessions(
  plan: Plan,
  sessions: number,
  sides: { parley: Side; raw: Side; hops: Side },
  parts: Parts[],
): Promise<Figure[]> {
  const ours: Measured[] = [];
  const raw: Measured[] = [];
  const hops: Measured[] = [];
  for (let repetition = 0; repetition < plan.repetitions; repetition++) {
    ours.push(await measured(sides.parley, sessions, plan.windowMs));
    raw.push(await measured(sides.raw, sessions, plan.windowMs));
    hops.push(await measured(sides.hops, sessions, plan.windowMs / 2));
    say(`turns of ${sessions} sessions: repetition ${repetition + 1} of ${plan.repetitions}`);
  }
  const both = (pick: (one: Measured) => number) => ({ values: ours.map(pick), reference: raw.map(pick) });
  const name = `turn, ${sessions} session${sessions > 1 ? "s" : ""}`;
  return [
    {
      ...{ name: `${name}: rate`, unit: "turns/s", ...both((one) => one.perS) },
      target: { of: "ratio", sense: "min", bound: 0.7 },
    },
    {
      ...{ name: `${name}: CPU`, unit: "ms/turn", ...both((one) => one.cpuMs) },
      target: { of: "ratio", sense: "max", bound: 1.5 },
      note: `${shares(ours)}; reference ${shares(raw)}`,
    },
    { name: `${name}: first chunk p50`, unit: "ms", ...both((one) => one.firstP50) },
    { name: `${name}: first chunk p99`, unit: "ms", ...both((one) => one.firstP99) },
    ...prediction(name, sessions, parts, raw, hops),
  ];
}

/**
 * What the reference should do by its parts, each measured alone in this run. All of them are work of the same two
 * cores, so in a closed loop their times add: 1/rate = 1/publishes + 1/inserts + 1/hops, where hops is the same way
 * without the two writes. One session waits for each step instead of for the cores, and is not predicted.
 */
function prediction(
  name: string,
  sessions: number,
  parts: Parts[],
  raw: Measured[],
  hops: Measured[],
): Figure[] {
  const hopsRow = { name: `${name}: raw hops alone`, unit: "turns/s", values: [] };
  const rows: Figure[] = [{ ...hopsRow, reference: hops.map((one) => one.perS) }];
  if (sessions < 50) return rows;
  const predicted = parts.map(({ publishes, inserts }, index) => {
    return 1 / (1 / publishes + 1 / inserts + 1 / (hops[index]?.perS ?? Number.NaN));
  });
  const share = raw.map(({ perS }, index) => perS / (predicted[index] ?? Number.NaN));
  const valid = spread(share).median >= voidBelow;
  const said = `predicted ${Math.round(spread(predicted).median)} turns/s`;
  rows.push({
    ...{ name: `${name}: reference over its prediction`, unit: "share", values: [], reference: share },
    note: valid ? said : `${said}: REFERENCE VOID (below ${voidBelow})`,
  });
  return rows;
}

function shares(all: Measured[]): string {
  const names = Object.keys(all[0]?.cpuMsBy ?? {});
  return names
    .map((name) => `${name} ${spread(all.map((one) => one.cpuMsBy[name] ?? 0)).median.toFixed(2)}`)
    .join(" ");
}
