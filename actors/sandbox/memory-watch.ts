import { workerData } from "node:worker_threads";

// A separate thread, as the task may block the main thread or allocate outside of V8's heap.
const { memoryBytes } = workerData as { memoryBytes: number };
const everyMs = 10;
const parent = process.ppid;

setInterval(() => {
  const orphaned = process.ppid !== parent;
  if (orphaned || process.memoryUsage.rss() > memoryBytes) process.kill(process.pid, "SIGKILL");
}, everyMs);
