import { Worker } from "node:worker_threads";
import type { SandboxAnswer, SandboxModule, SandboxRequest } from "./sandbox-message.ts";

// Runs the tasks of one module in a child process. Arguments: module URL, memory limit in bytes.
const [moduleUrl = "", memoryBytes = "0"] = process.argv.slice(2);
const watch = new Worker(new URL("./memory-watch.js", import.meta.url), {
  workerData: { memoryBytes: Number(memoryBytes) },
});
watch.unref();

process.on("disconnect", () => process.exit(0));
process.on("message", (request: SandboxRequest) => void answer(request));

async function answer({ id, task }: SandboxRequest): Promise<void> {
  let message: SandboxAnswer;
  try {
    const { run } = (await import(moduleUrl)) as SandboxModule;
    message = { id, value: await run(task), rss: process.memoryUsage.rss() };
  } catch (err) {
    const { name, message: text } = err instanceof Error ? err : new Error(String(err));
    const code = (err as { errorType?: string }).errorType;
    message = {
      id,
      error: { name, message: text, ...(code !== undefined && { code }) },
      rss: process.memoryUsage.rss(),
    };
  }
  process.send?.(message);
}
