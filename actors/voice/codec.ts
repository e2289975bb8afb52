import { Worker } from "node:worker_threads";
import type { CodecResult, CodecTask } from "./codec-task.ts";

const memoryMb = 256;

/** A file that can't be heard, or a codec that failed on it. */
export class CodecError extends Error {
  readonly why: "format" | "length" | "silent" | "timeout" | "failed";

  constructor(why: CodecError["why"], cause?: unknown) {
    super(`audio: ${why}`, { cause });
    this.name = "CodecError";
    this.why = why;
  }
}

/**
 * FFmpeg as WebAssembly, in threads that serve one task each: a file made to hurt it reaches no memory but its own
 * thread's, and that thread ends when its time is over. One fresh thread waits ahead.
 */
export class Codec {
  readonly #limitMs: number;
  #spare: Worker | undefined;

  constructor(limitMs: number) {
    this.#limitMs = limitMs;
  }

  /** @throws CodecError; the signal's reason when that is aborted */
  async run(
    task: CodecTask,
    signal: AbortSignal,
  ): Promise<Extract<CodecResult, { pcm: unknown } | { file: unknown }>> {
    signal.throwIfAborted();
    const worker = this.#spare ?? startWorker();
    this.#spare = undefined;
    try {
      const result = await this.#answer(worker, task, signal);
      if ("unreadable" in result) throw new CodecError(result.unreadable);
      if ("failed" in result) throw new CodecError("failed", result.failed);
      return result;
    } finally {
      void worker.terminate();
      this.#spare ??= startWorker();
    }
  }

  stop(): void {
    void this.#spare?.terminate();
  }

  async #answer(worker: Worker, task: CodecTask, signal: AbortSignal): Promise<CodecResult> {
    let timer: NodeJS.Timeout | undefined;
    let aborted: (() => void) | undefined;
    try {
      return await new Promise<CodecResult>((resolve, reject) => {
        worker.once("message", resolve);
        worker.once("error", (err) => reject(new CodecError("failed", err)));
        worker.once("exit", () => reject(new CodecError("failed")));
        timer = setTimeout(() => reject(new CodecError("timeout")), this.#limitMs);
        aborted = () => reject(signal.reason);
        signal.addEventListener("abort", aborted);
        worker.postMessage(task);
      });
    } finally {
      clearTimeout(timer);
      if (aborted !== undefined) signal.removeEventListener("abort", aborted);
    }
  }
}

function startWorker(): Worker {
  const worker = new Worker(new URL("./codec-worker.js", import.meta.url), {
    // It needs no secrets.
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: memoryMb },
    stdout: true,
    stderr: true,
  });
  // One that dies before it has a task is noticed at its task.
  worker.on("error", () => undefined);
  worker.unref();
  return worker;
}
