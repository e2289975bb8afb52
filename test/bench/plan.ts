/** How much is measured: everything, or with `QUICK=1` just enough to see that it works. */
export interface Plan {
  repetitions: number;
  /** Length of one measurement, ms. */
  windowMs: number;
  /** Sockets of one user that an event goes to. */
  fanoutSockets: readonly number[];
  /** Sessions with one unfinished message each. */
  turnSessions: readonly number[];
  /** Turns before anything is measured: the first thousands run cold code. */
  warmTurns: number;
  idleSockets: readonly number[];
  kills: number;
  actorProcesses: readonly number[];
  /** Sessions that are active once. */
  onceSessions: number;
  /** Messages that are searched. */
  searchMessages: number;
  /** Searches of each kind. */
  searches: number;
}

const full: Plan = {
  repetitions: 3,
  windowMs: 3_000,
  fanoutSockets: [100, 1_000, 5_000],
  turnSessions: [1, 50, 500],
  warmTurns: 6_000,
  idleSockets: [1_000, 10_000],
  kills: 20,
  actorProcesses: [1, 2, 4],
  onceSessions: 10_000,
  searchMessages: 100_000,
  searches: 100,
};

const quick: Plan = {
  repetitions: 1,
  windowMs: 1_500,
  fanoutSockets: [100, 1_000],
  turnSessions: [1, 50],
  warmTurns: 2_000,
  idleSockets: [1_000],
  kills: 2,
  actorProcesses: [1, 2],
  onceSessions: 1_000,
  searchMessages: 10_000,
  searches: 30,
};

/** The plan that `QUICK` asks for; `REPETITIONS` overrides how often. */
export function planOf(env: NodeJS.ProcessEnv): Plan {
  const plan = env.QUICK === "1" ? quick : full;
  return env.REPETITIONS === undefined ? plan : { ...plan, repetitions: Number(env.REPETITIONS) };
}
