import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import { checkoutDir } from "../checkout.ts";
import type { Logger } from "../log.ts";
import { SettingsError } from "../settings-error.ts";

const program = join(checkoutDir, "bin", "parley.js");
const firstBackoffMs = 200;
const maxBackoffMs = 5_000;
/** A child that served this long restarts without backoff. */
const stableMs = 10_000;
const startAttempts = 8;
const exitConfig = 78;

interface Ready {
  ready: true;
  port?: number;
}

/** One parley process under `up`: started, restarted with backoff when it dies, stopped. */
export class Child {
  #args: string[];
  #env: Record<string, string>;
  #log: Logger;
  #nodeFlags: readonly string[];
  #process: ChildProcess | undefined;
  #again: NodeJS.Timeout | undefined;
  #stopping = false;
  #failures = 0;
  #served = false;
  #settle:
    | { resolve: (ready: { port: number | undefined }) => void; reject: (error: Error) => void }
    | undefined;

  constructor(args: string[], env: Record<string, string>, log: Logger, nodeFlags: readonly string[] = []) {
    this.#args = args;
    this.#env = env;
    this.#log = log;
    this.#nodeFlags = nodeFlags;
  }

  /**
   * Starts the process. Resolves when it serves for the first time.
   * @throws SettingsError for invalid settings; Error when it dies 8 times before it serves
   */
  start(): Promise<{ port: number | undefined }> {
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      this.#fork();
    });
  }

  /** SIGTERM, then SIGKILL after `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#again);
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    const kill = setTimeout(() => child.kill("SIGKILL"), graceMs);
    await gone;
    clearTimeout(kill);
  }

  #fork(): void {
    const startedAt = performance.now();
    const child = fork(program, this.#args, {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
      execArgv: [...process.execArgv, ...this.#nodeFlags],
      env: { ...process.env, ...this.#env },
    });
    this.#process = child;
    child.on("message", (message: Ready) => {
      if (!message.ready) return;
      this.#served = true;
      // PORT=0 chose a port; a restarted process must listen on the same one.
      if (message.port !== undefined) this.#env.PORT = String(message.port);
      this.#settle?.resolve({ port: message.port });
    });
    child.once("error", (err) => this.#log.error({ err, child: this.#args[0] }, "process spawn failed"));
    child.once("exit", (code, signal) => {
      if (this.#stopping) return;
      this.#failures = performance.now() - startedAt > stableMs ? 1 : this.#failures + 1;
      this.#died(code, signal);
    });
  }

  #died(code: number | null, signal: NodeJS.Signals | null): void {
    const name = this.#args[0];
    if (!this.#served && code === exitConfig) {
      this.#settle?.reject(new SettingsError(`${name} refuses its settings, see above`));
      return;
    }
    if (!this.#served && this.#failures >= startAttempts) {
      this.#settle?.reject(new Error(`${name} failed to start, see the log above`));
      return;
    }
    const backoffMs = Math.min(firstBackoffMs * 2 ** (this.#failures - 1), maxBackoffMs);
    this.#log.error({ child: name, code, signal, again_in_ms: backoffMs }, "process died");
    this.#again = setTimeout(() => this.#fork(), backoffMs);
  }
}
