import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "../log.ts";
import {
  type Command,
  commandLine,
  endProcess,
  isRunning,
  startDetached,
  tail,
  waitGone,
} from "./process.ts";

/** How an engine is started, identified among processes, and checked for readiness. */
export interface EngineDefinition extends Command {
  name: string;
  ports: Record<string, number>;
  /** A part of the command line unique to this engine: its data folder or configuration file. */
  mark: string;
  /** Resolves when it serves with our credentials, rejects otherwise; called repeatedly. */
  ping(): Promise<void>;
  /** Runs once after each start, before `ping` can succeed. */
  prepare?(): Promise<void>;
}

const readyMs = 60_000;
const pingMs = 50;
const watchMs = 200;
const stopGraceMs = 4_000;
const adoptMs = 5_000;
const firstBackoffMs = 100;
const maxBackoffMs = 5_000;

/** One engine process: started or adopted, watched, restarted when it dies, stopped. */
export class Engine {
  readonly definition: EngineDefinition;
  #log: Logger;
  #pid = 0;
  #watching: AbortController | undefined;

  private constructor(definition: EngineDefinition, log: Logger) {
    this.definition = definition;
    this.#log = log;
  }

  /** @throws Error with the end of its log when it dies or is not ready within a minute. */
  static async start(
    definition: EngineDefinition,
    log: Logger,
    started?: (pid: number) => void,
  ): Promise<Engine> {
    const engine = new Engine(definition, log);
    await engine.#spawn(started);
    return engine;
  }

  /**
   * Adopts a process that an earlier parley left running. One of ours that does not answer is stopped.
   * @returns undefined when the pid is unused or another program's, or the engine did not answer
   */
  static async adopt(definition: EngineDefinition, pid: number, log: Logger): Promise<Engine | undefined> {
    if (!(await isOurs(definition, pid))) return undefined;
    const engine = new Engine(definition, log);
    engine.#pid = pid;
    try {
      await engine.#serves(adoptMs);
      log.info({ engine: definition.name, engine_pid: pid }, "engine adopted");
      return engine;
    } catch (err) {
      log.warn({ engine: definition.name, engine_pid: pid, err }, "orphaned engine does not answer");
      await endProcess(pid, stopGraceMs);
      return undefined;
    }
  }

  get pid(): number {
    return this.#pid;
  }

  /** Sends a signal; waits for the exit after SIGKILL. */
  async kill(signal: NodeJS.Signals): Promise<void> {
    process.kill(this.#pid, signal);
    if (signal === "SIGKILL") await waitGone(this.#pid, stopGraceMs);
  }

  /** Stops the process if it runs and restarts it on the same ports and data. */
  async restart(): Promise<void> {
    await endProcess(this.#pid, stopGraceMs);
    await this.#spawn();
  }

  /** Restarts it with backoff whenever it dies; `restarted` receives the new pid. */
  watch(restarted: (pid: number) => void): void {
    this.#watching = new AbortController();
    void this.#watch(this.#watching.signal, restarted);
  }

  /** Stops watching and ends the process: SIGTERM, then SIGKILL after 4 s. */
  async stop(): Promise<void> {
    this.#watching?.abort();
    await endProcess(this.#pid, stopGraceMs);
  }

  async #watch(signal: AbortSignal, restarted: (pid: number) => void): Promise<void> {
    let backoffMs = firstBackoffMs;
    while (!signal.aborted) {
      await delay(watchMs);
      if (signal.aborted || isRunning(this.#pid)) continue;
      this.#log.error({ engine: this.definition.name, log: tail(this.definition.logFile, 3) }, "engine died");
      await delay(backoffMs);
      if (signal.aborted) return;
      try {
        const diedAt = performance.now();
        await this.#spawn(restarted);
        this.#log.info(
          { engine: this.definition.name, ms: Math.round(performance.now() - diedAt) },
          "engine restarted",
        );
        backoffMs = firstBackoffMs;
      } catch (err) {
        this.#log.error({ engine: this.definition.name, err }, "engine restart failed");
        backoffMs = Math.min(backoffMs * 2, maxBackoffMs);
      }
      // Stopped during the start: the new process must be stopped here.
      if (signal.aborted) await endProcess(this.#pid, stopGraceMs);
    }
  }

  async #spawn(started?: (pid: number) => void): Promise<void> {
    this.#pid = await startDetached(this.definition);
    started?.(this.#pid);
    await this.#serves(readyMs);
  }

  async #serves(timeoutMs: number): Promise<void> {
    const { name, logFile } = this.definition;
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      try {
        await this.definition.prepare?.();
        await this.definition.ping();
        return;
      } catch (cause) {
        const dead = !isRunning(this.#pid);
        if (dead || performance.now() > deadline) {
          const why = dead ? "ended at once" : `does not answer after ${timeoutMs / 1000} s`;
          throw new Error(`${name} ${why}; the end of ${logFile}:\n${tail(logFile)}`, { cause });
        }
        await delay(pingMs);
      }
    }
  }
}

async function isOurs({ mark }: EngineDefinition, pid: number): Promise<boolean> {
  return pid > 1 && isRunning(pid) && (await commandLine(pid)).includes(mark);
}
