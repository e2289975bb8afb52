import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import type { LoadUser } from "./load-user.ts";
import type { LoadOptions, ScenarioName } from "./options.ts";
import type { Interval } from "./recorder.ts";
import type { Verdict } from "./verdict.ts";
import type { WorkerCommand, WorkerReport } from "./worker-message.ts";

/** One of the processes that make the load. */
export class LoadProcess {
  readonly #child: ChildProcess;
  readonly #onInterval: (interval: Interval) => void;
  #waiting: { resolve(report: WorkerReport): void; reject(error: Error): void } | undefined;
  /** Operations without an answer, as last reported. */
  unanswered = 0;

  constructor(onInterval: (interval: Interval) => void) {
    this.#onInterval = onInterval;
    this.#child = fork(join(import.meta.dirname, "worker.js"), {
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    this.#child.on("message", (report: WorkerReport) => this.#received(report));
    this.#child.once("exit", (code) => this.#waiting?.reject(new Error(`a load process ended with ${code}`)));
  }

  /** Connects its share of the users. @throws Error that says what failed */
  async prepare(scenario: ScenarioName, options: LoadOptions, users: LoadUser[]): Promise<void> {
    await this.#ask({ kind: "prepare", scenario, options, users });
  }

  /** Makes the load, and answers what became of it. */
  async run(): Promise<Verdict> {
    const report = await this.#ask({ kind: "run" });
    if (report.kind !== "verdict") throw new Error(`unexpected report ${report.kind}`);
    return report.verdict;
  }

  /** Ends the load early; what was measured stays. */
  stop(): void {
    this.#child.send({ kind: "stop" } satisfies WorkerCommand);
  }

  close(): void {
    this.#waiting = undefined;
    if (this.#child.connected) this.#child.disconnect();
  }

  #ask(command: WorkerCommand): Promise<WorkerReport> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#child.send(command);
    });
  }

  #received(report: WorkerReport): void {
    if (report.kind === "interval") {
      this.unanswered = report.unanswered;
      this.#onInterval(report.interval);
    } else if (report.kind === "failed") this.#waiting?.reject(new Error(report.error));
    else this.#waiting?.resolve(report);
  }
}
