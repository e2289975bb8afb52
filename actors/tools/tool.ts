import type { z } from "zod";
import type { Principal } from "../../schemas/principal.ts";
import type { Scope } from "../../schemas/scopes.ts";

/**
 * What a tool changes: `none`; `own`: things of its user inside Parley (reminders, memory); `outside`: the world beyond it
 * (devices, scenes, other services).
 */
export type ToolEffect = "none" | "own" | "outside";

/** What a tool knows of the turn that calls it. */
export interface ToolCall {
  principal: Principal;
  session: string;
  /** The same for every run of the same call: a run that starts again does not do twice what was done. */
  idempotencyKey: string;
  signal: AbortSignal;
}

/** Something a model may do for the user whose turn it runs. Arguments come from the model and are validated. */
export interface Tool {
  name: string;
  /** Tells the model when to use it. */
  description: string;
  parameters: z.ZodType;
  /** The same as a JSON schema, where it comes from elsewhere. */
  inputSchema?: Record<string, unknown>;
  /** What a token must be good for to call it from outside (MCP); nothing in particular where it is left out. */
  scope?: Scope;
  effect: ToolEffect;
  /** Its results hold text that others wrote, such as passages of documents. */
  foreign?: true;
  /** @throws ParleyError whose text the model may read; anything else is logged, and the model learns only that it failed. */
  run(args: unknown, call: ToolCall): Promise<unknown>;
}
