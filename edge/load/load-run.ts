import { LoadProcess } from "./load-process.ts";
import { type LoadUser, LoadUsers } from "./load-user.ts";
import { findLocalProcess } from "./local-process.ts";
import type { LoadOptions, ScenarioName } from "./options.ts";
import { ServerMetrics } from "./server-metrics.ts";
import { Timeline } from "./timeline.ts";
import { addVerdict, emptyVerdict, type Verdict } from "./verdict.ts";

/** Progress events of a load. */
export interface LoadProgress {
  phase(text: string): void;
  second(timeline: Timeline, elapsed: number, unanswered: number): void;
}

/** Result of a load. */
export interface LoadResult {
  scenario: ScenarioName;
  options: LoadOptions;
  timeline: Timeline;
  verdict: Verdict;
  startedAt: Date;
}

const secondMs = 1_000;

/** One load from creating its users to its verdict. */
export class LoadRun {
  readonly #scenario: ScenarioName;
  readonly #options: LoadOptions;
  readonly #dataDir: string;
  readonly #progress: LoadProgress;
  readonly #timeline = new Timeline();
  #processes: LoadProcess[] = [];
  #stopped = false;

  constructor(scenario: ScenarioName, options: LoadOptions, dataDir: string, progress: LoadProgress) {
    this.#scenario = scenario;
    this.#options = options;
    this.#dataDir = dataDir;
    this.#progress = progress;
  }

  /** Stops the load early, with a verdict on what was sent. */
  stop(): void {
    this.#stopped = true;
    for (const process of this.#processes) process.stop();
  }

  /** @throws Error that names what is unreachable or could not be set up */
  async execute(): Promise<LoadResult> {
    const { kill } = this.#options;
    const victim = kill === undefined ? undefined : await findLocalProcess(this.#dataDir, kill);
    const accounts = await LoadUsers.open(this.#options);
    try {
      const users = await this.#users(accounts);
      await this.#connect(users);
      const startedAt = new Date();
      const verdict = await this.#run(accounts.administrator.token, victim);
      const { timeline } = { timeline: this.#timeline };
      return { scenario: this.#scenario, options: this.#options, timeline, verdict, startedAt };
    } finally {
      for (const process of this.#processes) process.close();
      if (!this.#options.keepUsers) {
        this.#progress.phase("erasing users");
        await accounts.erase();
      }
    }
  }

  async #users(accounts: LoadUsers): Promise<LoadUser[]> {
    this.#progress.phase("creating users");
    const users = await accounts.create(this.#options.users);
    const [first] = users;
    if (this.#scenario === "openai" || first === undefined || (await accounts.mayChat(first))) return users;
    this.#progress.phase("only the administrator may chat (CHAT_USERS=admin): the load is theirs alone");
    return [accounts.administrator];
  }

  /** Splits the users and the rate among the processes. */
  async #connect(users: LoadUser[]): Promise<void> {
    this.#progress.phase("connecting");
    const count = Math.min(this.#options.processes, users.length);
    // Sessions are handled one message at a time: the administrator alone needs as many as the users had.
    const sessions = Math.ceil((this.#options.sessions * this.#options.users) / users.length);
    const options = { ...this.#options, sessions, rate: this.#options.rate / count };
    this.#processes = Array.from(
      { length: count },
      () => new LoadProcess((each) => this.#timeline.add(each)),
    );
    await Promise.all(
      this.#processes.map((process, index) =>
        process.prepare(
          this.#scenario,
          options,
          users.filter((_, at) => at % count === index),
        ),
      ),
    );
  }

  async #run(token: string, victim: number | undefined): Promise<Verdict> {
    this.#progress.phase("running");
    const metrics = new ServerMetrics(this.#options.url, token);
    const start = performance.now();
    const half = (this.#options.warmup + this.#options.duration / 2) * secondMs;
    const killer = setTimeout(() => this.#kill(victim, start), half);
    const ticker = setInterval(() => {
      const elapsed = (performance.now() - start) / secondMs;
      const unanswered = this.#processes.reduce((sum, process) => sum + process.unanswered, 0);
      this.#progress.second(this.#timeline, elapsed, unanswered);
      void metrics.read().then((values) => this.#timeline.addServer(Math.floor(elapsed), values));
    }, secondMs);
    try {
      const verdicts = await Promise.all(this.#processes.map((process) => process.run()));
      const verdict = emptyVerdict();
      for (const each of verdicts) addVerdict(verdict, each);
      return verdict;
    } finally {
      clearTimeout(killer);
      clearInterval(ticker);
    }
  }

  #kill(victim: number | undefined, start: number): void {
    if (victim === undefined || this.#stopped) return;
    process.kill(victim, "SIGKILL");
    const second = Math.floor((performance.now() - start) / secondMs);
    this.#timeline.marks.push({ second, text: `kill -9 ${this.#options.kill}` });
  }
}
