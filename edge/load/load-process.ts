import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import type { LoadUser } from "./load-user.ts";
import type { LoadOptions, ScenarioName } from "./options.ts";
import type { Interval } from "./recorder.ts";
import type { Verdict } from "./verdict.ts";
import type { WorkerCommand, WorkerReport } from "./worker-message.ts";

/** One of the load's processes. */
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
    this.#child.once("exit", (code) => this.#waiting?.reject(new Error(`load process exited with ${code}`)));
  }

  /** Connects its share of the users. @throws Error with the reason */
  async prepare(scenario: ScenarioName, options: LoadOptions, users: LoadUser[]): Promise<void> {
    await this.#ask({ kind: "prepare", scenario, options, users });
  }

  /** Runs the load; resolves with its verdict. */
  async run(): Promise<Verdict> {
    const report = await this.#ask({ kind: "run" });
    if (report.kind !== "verdict") throw new Error(`unexpected report ${report.kind}`);
    return report.verdict;
  }

  /** Stops the load early; results so far are kept. */
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
