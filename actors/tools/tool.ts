import type { z } from "zod";
import type { Principal } from "../../schemas/principal.ts";
import type { Scope } from "../../schemas/scopes.ts";

/**
 * What a tool changes: `none`; `own`: data of its user inside Parley (reminders, memory); `outside`: systems
 * beyond it (devices, scenes, other services).
 */
export type ToolEffect = "none" | "own" | "outside";

/** The turn that calls a tool. */
export interface ToolCall {
  principal: Principal;
  session: string;
  /** Identical for all runs of the same call, so that a restarted turn does not repeat its effects. */
  idempotencyKey: string;
  signal: AbortSignal;
}

/**
 * A function that a model may call for the user of its turn. Arguments come from the model and are validated.
 */
export interface Tool {
  name: string;
  /** Tells the model when to call it. */
  description: string;
  parameters: z.ZodType;
  /** The arguments as a JSON schema, for tools that are not defined by zod. */
  inputSchema?: Record<string, unknown>;
  /** Scope that an external caller's token needs (MCP); unset = none. */
  scope?: Scope;
  effect: ToolEffect;
  /** Whether results contain text written by others, such as passages of documents. */
  foreign?: true;
  /**
   * @throws ParleyError with a text for the model; other errors are logged and the model only learns that the
   * call failed
   */
  run(args: unknown, call: ToolCall): Promise<unknown>;
}
