import { adminUserId } from "../../schemas/principal.ts";
import { Watch } from "../_kit/judge/waiting.ts";
import { startSystem } from "../_kit/worlds/system.ts";
import { mintToken } from "../_kit/worlds/token.ts";
import type { Figure } from "./figures.ts";
import { type FrameSocket, openMany } from "./frame-socket.ts";
import type { Plan } from "./plan.ts";
import { settledKiB } from "./process-usage.ts";
import { startProgram } from "./program.ts";
import { say } from "./progress.ts";

// Memory of connections that do nothing: growth of the server's anonymous memory over that of the same process before
// the first one, per connection. A process is used once, or memory that it freed would flatter the next measurement.
// Own users come by the Cyber Engine's WebSocket (each with a session of his own), one user by `/ws/chat`.

const edgeEnv = { LOG_LEVEL: "warn", LIMIT_USER_SOCKETS: "20000" };
const greetMs = 60_000;

/** Growth per connection at each size, KiB. */
type Growth = Map<number, number>;

/** KiB of anonymous memory per idle connection. */
export async function idle(plan: Plan): Promise<Figure[]> {
  const runs = { own: [] as Growth[], one: [] as Growth[], bare: [] as Growth[] };
  for (let repetition = 0; repetition < plan.repetitions; repetition++) {
    runs.own.push(await onEdge(plan, (index) => `/${mintToken(`user_${index}`)}`, false));
    runs.one.push(await onEdge(plan, () => `/ws/chat?token=${mintToken(adminUserId)}`, true));
    runs.bare.push(await onBare(plan));
    say(`idle connections: repetition ${repetition + 1} of ${plan.repetitions}`);
  }
  return plan.idleSockets.flatMap((count) =>
    (["own", "one"] as const).map((kind): Figure => {
      const at = (runs: Growth[]) => runs.map((growth) => growth.get(count) ?? Number.NaN);
      return {
        name: `${count} idle connections, ${kind === "own" ? "own users" : "one user"}`,
        unit: "KiB each",
        values: at(runs[kind]),
        reference: at(runs.bare),
        target: { of: "value", sense: "max", bound: 4 },
      };
    }),
  );
}

async function onEdge(plan: Plan, path: (index: number) => string, greeted: boolean): Promise<Growth> {
  const system = await startSystem({ edges: 1, actors: 0, env: edgeEnv });
  try {
    return await growth(plan, system.edge(0).pid, system.edge(0).port, path, greeted);
  } finally {
    await system.stop();
  }
}

async function onBare(plan: Plan): Promise<Growth> {
  const bare = await startProgram("bare sockets", "bare-pubsub");
  try {
    return await growth(plan, bare.pid, bare.port, () => "/own", false);
  } finally {
    await bare.destroy();
  }
}

async function growth(
  plan: Plan,
  pid: number,
  port: number,
  path: (index: number) => string,
  greeted: boolean,
): Promise<Growth> {
  const found: Growth = new Map();
  const watch = new Watch();
  let greetings = 0;
  const sockets: FrameSocket[] = [];
  const before = await settledKiB(pid);
  for (const count of plan.idleSockets) {
    const have = sockets.length;
    const options = (index: number) => ({
      ...{ port, path: path(have + index) },
      onFrame: () => {
        greetings += 1;
        watch.changed();
      },
    });
    sockets.push(...(await openMany(count - have, options)));
    if (greeted) await watch.until(() => greetings >= count, greetMs, `${count} first frames`);
    found.set(count, ((await settledKiB(pid)) - before) / count);
  }
  for (const socket of sockets) socket.destroy();
  return found;
}
