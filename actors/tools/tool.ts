import type { z } from "zod";
import type { Principal } from "../../schemas/principal.ts";

/** What a tool knows of the turn that calls it. */
export interface ToolCall {
  principal: Principal;
  session: string;
  /** The same for every run of the same call: a run that starts again does not do twice what was done. */
  idempotencyKey: string;
  signal: AbortSignal;
}

/** Something a model may do for the user whose turn it runs. Arguments are the model's word and are validated. */
export interface Tool {
  name: string;
  /** Tells the model when to use it. */
  description: string;
  parameters: z.ZodType;
  /** @throws ParleyError whose text the model may read. */
  run(args: unknown, call: ToolCall): Promise<unknown>;
}
