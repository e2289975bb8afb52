/**
 * Exports of a sandboxed module. Name, message and `errorType` of an error reach the caller as a
 * {@link TaskError}.
 */
export interface SandboxModule {
  run(task: unknown): Promise<unknown>;
}

/** A task sent to the process. */
export interface SandboxRequest {
  id: number;
  task: unknown;
}

/** Response of the process, once per task. `rss`: resident memory afterwards, bytes. */
export type SandboxAnswer = { id: number; rss: number } & (
  | { value: unknown }
  | { error: { name: string; message: string; code?: string } }
);
