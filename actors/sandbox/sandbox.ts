import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { FairQueue } from "../runtime/fair-queue.ts";
import type { SandboxAnswer, SandboxRequest } from "./sandbox-message.ts";

/** A task without a result: its process exceeded the memory or time limit, or crashed. */
export class SandboxError extends Error {
  readonly kind: "memory" | "time" | "crash";

  constructor(kind: SandboxError["kind"]) {
    super(`the sandboxed task ended: ${kind}`);
    this.name = "SandboxError";
    this.kind = kind;
  }
}

/** An error thrown by a task; `taskError`: its class name, `code`: its `errorType`, if any. */
export class TaskError extends Error {
  readonly taskError: string;
  readonly code: string | undefined;

  constructor({ name, message, code }: { name: string; message: string; code?: string }) {
    super(message);
    this.name = "TaskError";
    this.taskError = name;
    this.code = code;
  }
}

/** A task, or a function that creates it when a process is free, so that waiting tasks hold no buffers. */
export type TaskSource = object | string | (() => Promise<object>);

/** Options of a sandbox. */
export interface SandboxOptions {
  /** The compiled module with `run`; see {@link SandboxModule}. */
  module: URL;
  /** Maximum working processes. */
  places: number;
  /** Maximum waiting tasks. */
  waiting: number;
  /** Resident memory limit of a process, bytes; beyond it the process is killed. */
  memoryBytes: number;
}

/** User and time limit of a task. */
export interface SandboxCall {
  user: string;
  timeoutMs: number;
  signal?: AbortSignal | undefined;
}

/** Keep-alive of an idle process, ms. */
const idleMs = 20_000;
const heapShare = 0.6;

interface Idle {
  child: ChildProcess;
  timer: NodeJS.Timeout;
}

/**
 * Runs tasks on untrusted bytes in child processes with an empty environment. A process that exceeds its
 * limits is killed with SIGKILL and replaced; fair between users.
 */
export class Sandbox {
  readonly #options: SandboxOptions;
  readonly #queue: FairQueue;
  readonly #idle: Idle[] = [];
  readonly #children = new Set<ChildProcess>();
  #lastId = 0;

  constructor(options: SandboxOptions) {
    this.#options = options;
    this.#queue = new FairQueue({ places: options.places, waiting: options.waiting });
  }

  /**
   * Runs a task and returns its unvalidated result.
   * @throws SandboxError, TaskError, ParleyError `service_unavailable` when too many wait, or the signal's
   * reason
   */
  run(task: TaskSource, { user, timeoutMs, signal }: SandboxCall): Promise<unknown> {
    const work = async () => {
      const made: unknown = typeof task === "function" ? await (task as () => Promise<object>)() : task;
      return this.#run(made, timeoutMs, signal);
    };
    return this.#queue.use(user, work, signal);
  }

  /** Kills all processes. */
  stop(): void {
    for (const child of this.#children) child.kill("SIGKILL");
  }

  async #run(task: unknown, timeoutMs: number, signal: AbortSignal | undefined): Promise<unknown> {
    const child = this.#child();
    this.#lastId += 1;
    const call = new ChildCall(child, { id: this.#lastId, task });
    try {
      const answer = await call.answer(timeoutMs, signal);
      if (answer.rss > this.#options.memoryBytes / 2) child.kill("SIGKILL");
      else this.#keep(child);
      if ("error" in answer) throw new TaskError(answer.error);
      return answer.value;
    } catch (err) {
      // Free the slot only after the process has ended and its memory is released.
      if (!(err instanceof TaskError)) await ended(child);
      throw err;
    }
  }

  #child(): ChildProcess {
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      clearTimeout(idle.timer);
      if (isAlive(idle.child)) return idle.child;
    }
    const { module, memoryBytes } = this.#options;
    const program = fileURLToPath(new URL("./sandbox-process.js", import.meta.url));
    const heapMb = Math.floor((memoryBytes * heapShare) / 1024 ** 2);
    const child = fork(program, [module.href, String(memoryBytes)], {
      env: {},
      execArgv: [`--max-old-space-size=${heapMb}`, "--no-warnings"],
      serialization: "advanced",
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
    child.on("error", () => child.kill("SIGKILL"));
    this.#children.add(child);
    child.once("exit", () => this.#children.delete(child));
    return child;
  }

  #keep(child: ChildProcess): void {
    const timer = setTimeout(() => child.kill("SIGKILL"), idleMs);
    timer.unref();
    child.unref();
    child.channel?.unref();
    this.#idle.push({ child, timer });
  }
}

/** One task in one process. */
class ChildCall {
  readonly #child: ChildProcess;
  readonly #request: SandboxRequest;

  constructor(child: ChildProcess, request: SandboxRequest) {
    this.#child = child;
    this.#request = request;
  }

  async answer(timeoutMs: number, signal: AbortSignal | undefined): Promise<SandboxAnswer> {
    const child = this.#child;
    const cleanUp: (() => void)[] = [];
    child.ref();
    child.channel?.ref();
    try {
      return await new Promise<SandboxAnswer>((resolve, reject) => {
        const onMessage = (answer: SandboxAnswer) => {
          if (answer.id === this.#request.id) resolve(answer);
        };
        const onExit = (_code: number | null, exitSignal: NodeJS.Signals | null) =>
          reject(new SandboxError(exitSignal === "SIGKILL" || exitSignal === "SIGABRT" ? "memory" : "crash"));
        const onAbort = () => reject(signal?.reason);
        const timer = setTimeout(() => reject(new SandboxError("time")), timeoutMs);
        child.on("message", onMessage);
        child.once("exit", onExit);
        signal?.addEventListener("abort", onAbort, { once: true });
        cleanUp.push(() => {
          clearTimeout(timer);
          child.off("message", onMessage);
          child.off("exit", onExit);
          signal?.removeEventListener("abort", onAbort);
        });
        if (signal?.aborted === true) onAbort();
        else child.send(this.#request, (err) => err !== null && reject(new SandboxError("crash")));
      });
    } finally {
      for (const undo of cleanUp) undo();
    }
  }
}

function isAlive(child: ChildProcess): boolean {
  return child.connected && child.exitCode === null && child.signalCode === null;
}

/** Kills a process; resolves when it has ended. */
function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined)
    return Promise.resolve();
  return new Promise((resolve) => {
    child.once("exit", () => resolve());
    child.kill("SIGKILL");
  });
}
