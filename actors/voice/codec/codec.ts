import { Worker } from "node:worker_threads";
import type { Limits } from "../../../schemas/limits.ts";
import { CodecError } from "./codec-error.ts";
import type { CodecResult, CodecTask } from "./codec-task.ts";
import { Recordings } from "./recordings.ts";

const memoryMb = 256;

/** Limits of the codec. */
export type CodecLimits = Pick<Limits, "voiceDecodeMs" | "voiceCodecs" | "voiceQueue"> &
  Partial<Pick<Limits, "voiceAudioMs" | "voiceReaderBytes">>;

/**
 * FFmpeg as WebAssembly, in one thread per task: a malicious file reaches only the memory of its own
 * thread, which is terminated on timeout. One spare thread is kept ready.
 */
export class Codec {
  readonly #limits: CodecLimits;
  readonly #recordings: Recordings;
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  #spare: Worker | undefined;

  constructor(limits: CodecLimits) {
    this.#limits = limits;
    const { voiceAudioMs = 600_000, voiceReaderBytes = 512 * 1024 * 1024 } = limits;
    this.#recordings = new Recordings({ ...limits, voiceAudioMs, voiceReaderBytes });
  }

  /** Converts a recording to a format that {@link run} decodes. @throws as {@link Recordings.readable} */
  readable(bytes: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
    return this.#recordings.readable(bytes, signal);
  }

  /** @throws CodecError; the signal's reason when that is aborted */
  async run(
    task: CodecTask,
    signal: AbortSignal,
  ): Promise<Extract<CodecResult, { pcm: unknown } | { file: unknown }>> {
    signal.throwIfAborted();
    await this.#place();
    const worker = this.#spare ?? startWorker();
    this.#spare = undefined;
    try {
      signal.throwIfAborted();
      const result = await this.#answer(worker, task, signal);
      if ("unreadable" in result) throw new CodecError(result.unreadable);
      if ("failed" in result) throw new CodecError("failed", result.failed);
      return result;
    } finally {
      void worker.terminate();
      this.warm();
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }

  /** Starts the spare thread. */
  warm(): void {
    this.#spare ??= startWorker();
  }

  stop(): void {
    this.#recordings.stop();
    void this.#spare?.terminate();
  }

  /** Waits for a slot; a finished task passes its slot to the next. */
  async #place(): Promise<void> {
    if (this.#running < this.#limits.voiceCodecs) this.#running += 1;
    else if (this.#waiting.length >= this.#limits.voiceQueue) throw new CodecError("busy");
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  async #answer(worker: Worker, task: CodecTask, signal: AbortSignal): Promise<CodecResult> {
    let timer: NodeJS.Timeout | undefined;
    let aborted: (() => void) | undefined;
    try {
      return await new Promise<CodecResult>((resolve, reject) => {
        worker.once("message", resolve);
        worker.once("error", (err) => reject(new CodecError("failed", err)));
        worker.once("exit", () => reject(new CodecError("failed")));
        timer = setTimeout(() => reject(new CodecError("timeout")), this.#limits.voiceDecodeMs);
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
    // The thread needs no secrets.
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: memoryMb },
    stdout: true,
    stderr: true,
  });
  // A crash before the first task is detected by that task.
  worker.on("error", () => undefined);
  worker.unref();
  return worker;
}
