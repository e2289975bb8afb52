/** What a hostile task does; see sandbox.test.ts. */
export type HostileTask = "memory" | "buffers" | "loop" | "exit" | "env" | "throw";

/** Module of a sandbox. */
export async function run(task: unknown): Promise<unknown> {
  const kept: unknown[] = [];
  switch (task as HostileTask) {
    case "memory":
      for (;;) kept.push(Array.from({ length: 100_000 }, (_, i) => `${i}`));
    case "buffers":
      for (;;) kept.push(Buffer.alloc(16 * 1024 * 1024, 1));
    case "loop":
      for (;;) kept.length = 0;
    case "exit":
      return process.exit(3);
    case "env":
      return { ...process.env };
    case "throw":
      throw new TypeError("no such luck");
    default:
      return task;
  }
}
