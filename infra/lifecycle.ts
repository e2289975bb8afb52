import type { Logger } from "./log.ts";

/**
 * Start and stop of a process: each resource registers its close function; a stop runs them in reverse order.
 */
export class Lifecycle {
  #log: Logger;
  #deadlineMs: number;
  #steps: { name: string; fn: () => void | Promise<void> }[] = [];
  #stopping: Promise<void> | undefined;

  /** `deadlineMs`: the process exits 1 when a stop takes longer. */
  constructor(log: Logger, deadlineMs: number) {
    this.#log = log;
    this.#deadlineMs = deadlineMs;
  }

  /** Whether a stop has begun. */
  get stopping(): boolean {
    return this.#stopping !== undefined;
  }

  /** Registers `fn` to run at the stop, before everything registered earlier. */
  onStop(name: string, fn: () => void | Promise<void>): void {
    this.#steps.push({ name, fn });
  }

  /** Runs every step once; a step that throws is logged and the next one runs. Idempotent. */
  stop(): Promise<void> {
    this.#stopping ??= this.#run();
    return this.#stopping;
  }

  /** SIGTERM and SIGINT stop and exit 0; an uncaught error is logged and exits 1. */
  installSignals(): void {
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      process.on(signal, () => void this.stop().then(() => process.exit(0)));
    }
    const die = (error: unknown, origin: string) => {
      this.#log.fatal({ err: error, origin }, "uncaught error");
      process.exit(1);
    };
    process.on("uncaughtException", die);
    process.on("unhandledRejection", (error) => die(error, "unhandledRejection"));
  }

  async #run(): Promise<void> {
    // Armed before the first step, so that no step can block the exit.
    const deadline = setTimeout(() => {
      this.#log.error({ deadline_ms: this.#deadlineMs }, "stop deadline exceeded");
      process.exit(1);
    }, this.#deadlineMs);
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      try {
        await step.fn();
      } catch (err) {
        this.#log.error({ err, step: step.name }, "stop step failed");
      }
    }
    clearTimeout(deadline);
    this.#log.info("process stopped");
  }
}
