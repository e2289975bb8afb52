import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { Watch, within } from "../judge/waiting.ts";

/** A line of a process's log, parsed if it is JSON. */
export interface LogLine {
  at: number;
  text: string;
  fields: Record<string, unknown>;
}

const readyMs = 90_000;
const exitMs = 30_000;
const keptLines = 5_000;

/** One process of the system under test: started, killed and restarted by its test. */
export class Service {
  readonly name: string;
  readonly log: LogLine[] = [];
  #command: readonly string[];
  #env: Record<string, string>;
  #cwd: string;
  #child: ChildProcess | undefined;
  #exited: Promise<number | NodeJS.Signals | null> = Promise.resolve(null);
  #watch = new Watch();
  #from = 0;

  constructor(options: {
    name: string;
    command: readonly string[];
    env: Record<string, string>;
    cwd: string;
  }) {
    this.name = options.name;
    this.#command = options.command;
    this.#env = options.env;
    this.#cwd = options.cwd;
  }

  /** Process id while it runs. @throws Error when it does not run */
  get pid(): number {
    const pid = this.#child?.pid;
    if (pid === undefined || !this.running) throw new Error(`${this.name} is not running`);
    return pid;
  }

  get running(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Port of its ready line; 0 before that or for a service without one. */
  get port(): number {
    const ready = this.log.findLast((line) => line.fields.msg === "ready");
    return typeof ready?.fields.port === "number" ? ready.fields.port : 0;
  }

  /** Starts it with its initial environment and `extra`, and waits for its ready line. */
  async start(extra: Record<string, string> = {}): Promise<void> {
    this.spawn(extra);
    await this.ready();
  }

  /** Starts it without waiting. */
  spawn(extra: Record<string, string> = {}): void {
    if (this.running) throw new Error(`${this.name} is already running`);
    const child = spawn(process.execPath, this.#command, {
      cwd: this.#cwd,
      env: { PATH: process.env.PATH ?? "", HOME: this.#cwd, ...this.#env, ...extra },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child = child;
    this.#from = this.log.length;
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (text) => this.#record(text));
    }
    this.#exited = new Promise((resolve) => {
      child.once("exit", (code, signal) => {
        resolve(code ?? signal);
        this.#watch.changed();
      });
    });
  }

  /** Waits for the ready line of the running process. @throws Error with its last log lines when it exits first */
  async ready(): Promise<void> {
    await this.#watch.until(
      () => {
        if (this.log.slice(this.#from).some((line) => line.fields.msg === "ready")) return true;
        if (!this.running) throw new Error(`${this.name} exited before it was ready:\n${this.tail()}`);
        return false;
      },
      readyMs,
      `${this.name} is ready`,
    );
  }

  /** The first matching line, past or future. */
  logged(test: (line: LogLine) => boolean, ms: number, what: string): Promise<LogLine> {
    return this.#watch.until(() => this.log.find(test), ms, `${this.name} logs ${what}`);
  }

  /** Sends a signal to this process alone. */
  kill(signal: NodeJS.Signals): void {
    process.kill(this.pid, signal);
  }

  /** Exit code or signal, once it has exited. */
  exit(ms = exitMs): Promise<number | NodeJS.Signals | null> {
    return within(this.#exited, ms, `${this.name} ends`);
  }

  /** kill -9, and waits for the exit; no-op when it has exited. */
  async destroy(): Promise<void> {
    if (this.running) this.kill("SIGKILL");
    await this.exit();
  }

  /** Its last log lines, for an error message. */
  tail(lines = 20): string {
    return this.log
      .slice(-lines)
      .map((line) => line.text)
      .join("\n");
  }

  #record(text: string): void {
    let fields: Record<string, unknown> = {};
    try {
      const parsed: unknown = JSON.parse(text);
      if (typeof parsed === "object" && parsed !== null) fields = parsed as Record<string, unknown>;
    } catch {
      // Not a log line, for instance a stack trace of Node.js.
    }
    this.log.push({ at: Date.now(), text, fields });
    if (this.log.length > keptLines) {
      this.log.splice(1, 1);
      this.#from = Math.max(0, this.#from - 1);
    }
    this.#watch.changed();
  }
}
