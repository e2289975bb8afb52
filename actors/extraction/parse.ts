import { Worker } from "node:worker_threads";
import type { Limits } from "../../schemas/limits.ts";
import type { Format } from "./document-text.ts";
import type { ParseResult, ParseTask } from "./parse-worker.ts";
import { UnreadableError } from "./unreadable-error.ts";

const memoryMb = 512;

/**
 * Reads a document in a thread of its own, bounded in memory and time: a file made to hurt a parser hurts nobody else.
 * @throws UnreadableError with a reason for its owner.
 */
export async function parseDocument(
  bytes: Uint8Array,
  format: Format,
  limits: Pick<Limits, "knowledgeParseMs" | "knowledgeParseBytes" | "knowledgeTextChars">,
  signal: AbortSignal,
): Promise<string> {
  signal.throwIfAborted();
  const task: ParseTask = { bytes: Uint8Array.from(bytes), format, maxBytes: limits.knowledgeParseBytes };
  const worker = new Worker(new URL("./parse-worker.js", import.meta.url), {
    workerData: task,
    resourceLimits: { maxOldGenerationSizeMb: memoryMb },
    stdout: true,
    stderr: true,
  });
  let timer: NodeJS.Timeout | undefined;
  let aborted: (() => void) | undefined;
  try {
    const result = await new Promise<ParseResult>((resolve, reject) => {
      worker.once("message", resolve);
      worker.once("error", (err) => reject(new UnreadableError("文档无法读取", err)));
      worker.once("exit", () => reject(new UnreadableError("文档无法读取")));
      timer = setTimeout(() => reject(new UnreadableError("读取文档超时")), limits.knowledgeParseMs);
      aborted = () => reject(signal.reason);
      signal.addEventListener("abort", aborted);
    });
    if ("unreadable" in result) throw new UnreadableError(result.unreadable);
    if ("failed" in result) throw new UnreadableError("文档无法读取", result.failed);
    if (result.text.length > limits.knowledgeTextChars) throw new UnreadableError("文档过长");
    return result.text;
  } finally {
    clearTimeout(timer);
    if (aborted !== undefined) signal.removeEventListener("abort", aborted);
    await worker.terminate();
  }
}
