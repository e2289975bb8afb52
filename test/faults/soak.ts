import { Load } from "../_kit/clients/load.ts";
import { check, describe } from "../_kit/judge/checker.ts";
import { collect } from "../_kit/judge/collect.ts";
import { endSession } from "../_kit/judge/endings.ts";
import { createSeed, type Seed, seedFromEnvironment } from "../_kit/judge/seed.ts";
import { lasting } from "../_kit/judge/waiting.ts";
import { type System, startSystem } from "../_kit/worlds/system.ts";

// `make soak`: random faults against a system under load, for SOAK_SECONDS, then one look at everything by the checker.
// SEED repeats the choice of faults, though not their timing.

const soakSeconds = Number(process.env.SOAK_SECONDS ?? 600);
const sessions = 30;
const model = "context:10x100";
const points = ["before_commit", "after_commit", "after_publish"];

/** One thing that goes wrong, and is mended again before the next one. */
type Fault = (system: System, seed: Seed, load: Load) => Promise<string>;

const faults: readonly Fault[] = [
  async (system, seed) => {
    const actor = seed.pick(system.actors);
    await actor.destroy();
    await lasting(seed.int(0, 4_000));
    await actor.start();
    return `kill -9 of ${actor.name}`;
  },
  async (system, seed) => {
    const actor = seed.pick(system.actors);
    const pauseMs = seed.int(1_000, 20_000);
    actor.kill("SIGSTOP");
    await lasting(pauseMs);
    actor.kill("SIGCONT");
    return `${actor.name} stood still for ${pauseMs} ms`;
  },
  async (system, seed) => {
    const actor = seed.pick(system.actors);
    actor.kill("SIGTERM");
    const code = await actor.exit();
    await actor.start();
    if (code !== 0) throw new Error(`${actor.name} ended with ${code} after SIGTERM`);
    return `restart of ${actor.name}`;
  },
  async (system, seed) => {
    const edge = seed.pick(system.edges);
    await edge.destroy();
    await lasting(seed.int(0, 2_000));
    await edge.start();
    return `kill -9 of ${edge.name}`;
  },
  async (system, seed) => {
    const engine = seed.pick(["nats", "mongod"] as const);
    await system.engines[engine].kill("SIGKILL");
    await lasting(seed.int(0, 3_000));
    await system.engines[engine].restart();
    return `kill -9 of ${engine}`;
  },
  async (system, seed) => {
    const actor = seed.pick(system.actors);
    const point = `${seed.pick(points)}@${seed.int(1, 20)}`;
    await actor.destroy();
    actor.spawn({ PARLEY_FAILPOINTS: point });
    await actor.exit(120_000);
    await actor.start();
    return `${point} in ${actor.name}`;
  },
  async (system, seed, load) => {
    const kind = seed.pick(["delete", "clear"] as const);
    const times = seed.int(1, 10);
    for (let count = 0; count < times; count++)
      await endSession(system, load, kind, seed.pick(load.sessions));
    return `${times} × ${kind}`;
  },
];

/** Runs until the time is over; returns what the checker found, as text, and how much. */
async function soak(): Promise<{ count: number; text: string }> {
  const seed = seedFromEnvironment();
  say(`seed ${seed.value}, ${soakSeconds} s`);
  const system = await startSystem({ env: { OPENAI_MODEL: model } });
  try {
    const behaviour = { reconnect: true, retry: true };
    const clients = [
      await system.client("one", { edge: 0, ...behaviour }),
      await system.client("two", { edge: 1, ...behaviour }),
    ];
    // A seed of its own: how often the load draws depends on the timing.
    const load = new Load({ clients, seed: createSeed(seed.value + 1), sessions });
    const end = performance.now() + soakSeconds * 1_000;
    while (performance.now() < end) {
      say(await seed.pick(faults)(system, seed, load));
      await load.progress(seed.int(0, 100), 180_000);
    }
    await load.settle(240_000);
    const history = await collect(system, { seed, clients, controls: load.controls, restMs: 120_000 });
    await Promise.all(clients.map((client) => client.caughtUp()));
    const violations = check(history);
    say(`${history.turns.length} turns, ${history.sends.length} messages`);
    return { count: violations.length, text: describe(violations, seed.value) };
  } finally {
    await system.stop();
  }
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

const { count, text } = await soak();
say(text);
process.exit(count === 0 ? 0 : 1);
