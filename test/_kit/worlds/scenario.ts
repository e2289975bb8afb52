import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import type { ChatClient } from "../clients/client.ts";
import { Load } from "../clients/load.ts";
import { check, describe } from "../judge/checker.ts";
import { type Collected, collect } from "../judge/collect.ts";
import type { History } from "../judge/history.ts";
import { type Seed, seedFromEnvironment } from "../judge/seed.ts";
import { type System, type SystemOptions, startSystem } from "./system.ts";

const lastFramesMs = 5_000;
/** Generous: two engines and four processes share the machine with other tests. */
const testMs = 400_000;

/** Repetitions of a fault in one run: 1 in `make test`, more in `make soak`. */
export const rounds = Number(process.env.FAULT_ROUNDS ?? 1);

/** A system under load for a fault test, which ends with {@link Scenario.finish}. */
export interface Scenario {
  system: System;
  seed: Seed;
  /** One client on each edge; both belong to the same user, send, reconnect and retry. */
  clients: readonly ChatClient[];
  load: Load;
  /** Stops the load, waits until the system is idle, and asserts that the checker finds no violation. */
  finish(expected?: Partial<Collected>): Promise<void>;
}

/** Starts a system for one test and extends its timeout; stopped with the test. */
export async function startFor(t: ExecutionContext, options: SystemOptions = {}): Promise<System> {
  t.timeout(testMs);
  const system = await startSystem(options);
  t.teardown(() => system.stop());
  return system;
}

/** Starts a system with two clients and a load over `sessions` sessions, as ava's test ends it stops. */
export async function underLoad(
  t: ExecutionContext,
  options: SystemOptions & { sessions?: number; window?: number; messages?: number } = {},
): Promise<Scenario> {
  const seed = seedFromEnvironment();
  t.log(`seed ${seed.value}`);
  t.timeout(testMs);
  const system = await startSystem(options);
  const loads: Load[] = [];
  t.teardown(async () => {
    for (const load of loads) load.stop();
    if (!t.passed) keepLogs(t, system, seed);
    await system.stop();
  });
  const behaviour = { reconnect: true, retry: true };
  const clients = [
    await system.client("one", { edge: 0, ...behaviour }),
    await system.client("two", { edge: 1, ...behaviour }),
  ];
  const load = new Load({ clients, seed, sessions: options.sessions ?? 12, ...options });
  loads.push(load);
  const finish = async (expected: Partial<Collected> = {}) => {
    await load.settle();
    await assertPromises(t, system, { seed, clients, controls: load.controls, ...expected });
  };
  return { system, seed, clients, load, finish };
}

/** Asserts that the checker finds no violation. */
export async function assertPromises(t: ExecutionContext, system: System, from: Collected): Promise<void> {
  await Promise.all(from.clients.filter(({ connected }) => connected).map((client) => client.caughtUp()));
  const history = await collect(system, from);
  await Promise.all(
    from.clients.filter(({ connected }) => connected).map((client) => lastFrames(client, history)),
  );
  const violations = check(history);
  if (violations.length > 0) for (const actor of system.actors) t.log(`${actor.name}\n${actor.tail(15)}`);
  t.log(`${history.turns.length} turns, ${history.sends.length} messages sent`);
  t.is(violations.length, 0, describe(violations, history.seed));
}

/** Waits for outstanding frames; the checker reports those that don't arrive. */
async function lastFrames(client: ChatClient, history: History): Promise<void> {
  const shown = [...history.transcripts]
    .filter(([name]) => name.startsWith(`${client.user}.`))
    .flatMap(([, messages]) => messages.map(({ message_id }) => message_id));
  const all = () => shown.every((id) => client.view.messages.has(id));
  await client.until(all, "the last frames", lastFramesMs).catch(() => undefined);
}

/** Writes each process's log to the folder `FAULT_LOGS`, for debugging. */
function keepLogs(t: ExecutionContext, system: System, seed: Seed): void {
  if (process.env.FAULT_LOGS === undefined) return;
  const folder = join(process.env.FAULT_LOGS, `${seed.value}`);
  mkdirSync(folder, { recursive: true });
  for (const service of [...system.edges, ...system.actors, system.upstream]) {
    writeFileSync(
      join(folder, `${service.name.replace(" ", "-")}.log`),
      service.tail(Number.MAX_SAFE_INTEGER),
    );
  }
  t.log(`logs in ${folder}`);
}
