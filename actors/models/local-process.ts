import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import type { Logger } from "../../infra/log.ts";
import type { LocalModelFiles } from "./local-files.ts";
import type { LocalAnswer, LocalOptions, LocalRequest, LocalTurn } from "./local-worker.ts";
import { ProviderError } from "./provider-error.ts";

/** Queue of the answers to one call. */
class Inbox {
  #waiting: LocalAnswer[] = [];
  #wake: (() => void) | undefined;
  #gone = false;
  readonly #signal: AbortSignal;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener("abort", () => this.#wake?.(), { once: true });
  }

  put(answer: LocalAnswer): void {
    this.#waiting.push(answer);
    this.#wake?.();
  }

  close(): void {
    this.#gone = true;
    this.#wake?.();
  }

  /** The next answer. @throws the signal's reason, or ProviderError when the worker died. */
  async next(): Promise<LocalAnswer> {
    for (;;) {
      this.#signal.throwIfAborted();
      const answer = this.#waiting.shift();
      if (answer !== undefined) return answer;
      if (this.#gone) throw new ProviderError("本地模型进程已退出");
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

/**
 * The worker process of the local model, started on the first call and restarted on the next call after a
 * crash.
 */
export class LocalProcess {
  readonly #log: Logger;
  readonly #contextTokens: number;
  readonly #maxCalls: number;
  #child: ChildProcess | undefined;
  #calls = new Map<number, Inbox>();
  #lastId = 0;

  constructor(log: Logger, options: { contextTokens: number; maxCalls: number }) {
    this.#log = log;
    this.#contextTokens = options.contextTokens;
    this.#maxCalls = options.maxCalls;
  }

  /**
   * Runs one generation; calls are serialized.
   * @throws ProviderError when the queue is full or the worker fails
   */
  async *generate(
    files: LocalModelFiles,
    turns: LocalTurn[],
    options: LocalOptions,
    signal: AbortSignal,
  ): AsyncGenerator<LocalAnswer> {
    if (this.#calls.size >= this.#maxCalls) throw new ProviderError("本地模型繁忙");
    const id = ++this.#lastId;
    const inbox = new Inbox(signal);
    this.#calls.set(id, inbox);
    let ended = false;
    try {
      this.#send({ kind: "generate", id, turns, options }, files);
      while (!ended) {
        const answer = await inbox.next();
        if (answer.kind === "error") {
          ended = true;
          throw new ProviderError("本地模型出错", { cause: answer.message });
        }
        ended = answer.kind === "end";
        yield answer;
      }
    } finally {
      this.#calls.delete(id);
      if (!ended && this.#child?.connected) this.#child.send({ kind: "abort", id } satisfies LocalRequest);
    }
  }

  /** Stops the worker. */
  stop(): void {
    this.#child?.kill("SIGKILL");
  }

  #send(request: LocalRequest, files: LocalModelFiles): void {
    this.#child ??= this.#start(files);
    this.#child.send(request, (err) => {
      if (err !== null) this.#log.warn({ err }, "request to local model failed");
    });
  }

  #start(files: LocalModelFiles): ChildProcess {
    // The worker gets no secrets.
    const { PATH, HOME } = process.env;
    const child = fork(join(import.meta.dirname, "local-worker.js"), {
      env: { PATH, HOME },
      execArgv: [],
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
    child.on("message", (answer: LocalAnswer) => this.#calls.get(answer.id)?.put(answer));
    child.on("error", (err) => this.#log.warn({ err }, "local model process failed"));
    child.on("close", (code, signal) => {
      this.#log.info({ code, signal }, "local model process ended");
      this.#child = undefined;
      for (const inbox of this.#calls.values()) inbox.close();
    });
    child.send({ kind: "load", files, contextTokens: this.#contextTokens } satisfies LocalRequest);
    child.unref();
    child.channel?.unref();
    return child;
  }
}
