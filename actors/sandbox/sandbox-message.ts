/** What a sandboxed module exports. `run` throws an error whose name, message and `errorType` reach the caller as a {@link TaskError}. */
export interface SandboxModule {
  run(task: unknown): Promise<unknown>;
}

/** A task on its way to the process. */
export interface SandboxRequest {
  id: number;
  task: unknown;
}

/** What the process answers, once for each task. `rss`: bytes that it holds afterwards. */
export type SandboxAnswer = { id: number; rss: number } & (
  | { value: unknown }
  | { error: { name: string; message: string; code?: string } }
);
