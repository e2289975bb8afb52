import { z } from "zod";
import type { Limits } from "../../schemas/limits.ts";
import { Sandbox, type SandboxCall, SandboxError, TaskError } from "../sandbox/sandbox.ts";
import type { ReadText } from "./extracted-text.ts";
import type { Format } from "./format.ts";
import type { ReadTask } from "./read-task.ts";
import { UnreadableError } from "./unreadable-error.ts";

const readSchema = z.union([
  z.literal("too long"),
  z.object({
    text: z.string(),
    quality: z.number(),
    pages: z.array(z.int()).optional(),
    warning: z.string().optional(),
    encoding: z.string().optional(),
  }),
]);

const reasons = {
  memory: "读取文档需要的内存过多",
  time: "读取文档超时",
  crash: "文档无法读取",
} as const;

type ReaderLimits = Pick<
  Limits,
  | "knowledgeParseMs"
  | "knowledgeParseBytes"
  | "knowledgeTextChars"
  | "documentReaders"
  | "documentReaderBytes"
  | "documentQueue"
>;

/** Reads documents in sandboxed processes with memory and time limits, to contain malicious files. */
export class DocumentReader {
  readonly #sandbox: Sandbox;
  readonly #limits: ReaderLimits;

  constructor(limits: ReaderLimits) {
    this.#limits = limits;
    this.#sandbox = new Sandbox({
      module: new URL("./read-task.js", import.meta.url),
      places: limits.documentReaders,
      waiting: limits.documentQueue,
      memoryBytes: limits.documentReaderBytes,
    });
  }

  /**
   * Extracts the text of a document.
   * @throws UnreadableError with a user-facing reason, ParleyError `service_unavailable`, or the signal's
   * reason
   */
  async read(
    bytes: Uint8Array | (() => Promise<Uint8Array>),
    format: Format,
    call: Omit<SandboxCall, "timeoutMs"> & { charset?: string | undefined },
  ): Promise<ReadText> {
    const {
      knowledgeParseBytes: maxBytes,
      knowledgeTextChars: maxChars,
      knowledgeParseMs: timeoutMs,
    } = this.#limits;
    const { charset, user, signal } = call;
    const options = { format, maxBytes, maxChars, ...(charset !== undefined && { charset }) };
    const task = async () =>
      ({ ...options, bytes: typeof bytes === "function" ? await bytes() : bytes }) satisfies ReadTask;
    let answer: unknown;
    try {
      answer = await this.#sandbox.run(task, { user, timeoutMs, signal });
    } catch (err) {
      if (err instanceof SandboxError) throw new UnreadableError(reasons[err.kind], err);
      if (!(err instanceof TaskError)) throw err;
      throw new UnreadableError(err.taskError === "UnreadableError" ? err.message : "文档无法读取", err);
    }
    const read = readSchema.parse(answer);
    if (read === "too long") throw new UnreadableError("文档过长");
    const { text, quality, pages, warning, encoding } = read;
    return {
      ...{ text, quality },
      ...(pages !== undefined && { pages }),
      ...(warning !== undefined && { warning }),
      ...(encoding !== undefined && { encoding }),
    };
  }

  stop(): void {
    this.#sandbox.stop();
  }
}
