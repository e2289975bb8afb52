import { z } from "zod";
import { quotaSchema } from "../documents/quota.ts";
import { idSchema } from "../ids.ts";
import { chatMessageSchema, finishSchema, toolCallDeltaSchema, usageSchema } from "../wire/openai.ts";
import { chatParamsSchema } from "../wire/openai-request.ts";

const anyFields = z.record(z.string(), z.unknown());

/** Request on `turn.stateless`: a turn without a session; the answers arrive on `out.edge.<edge>.<request>`. */
export const statelessTurnSchema = z.object({
  request: idSchema,
  edge: idSchema,
  user: idSchema,
  model: z.string(),
  messages: z.array(chatMessageSchema),
  params: chatParamsSchema,
});
export type StatelessTurn = z.infer<typeof statelessTurnSchema>;

/** A request too large for a message: stored in the bulk store under this name. */
export const asideTurnSchema = z.object({ request: idSchema, edge: idSchema, aside: z.uuid() });

/**
 * Answers to a stateless turn, in order: `start`, `delta`*, then exactly one `end` or `error`. `alive` may
 * come at any time as a keep-alive. `retract`: the content so far was reasoning.
 */
export const statelessAnswerSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("start"), model: z.string(), quota: quotaSchema.optional() }),
  z.object({
    kind: z.literal("delta"),
    content: z.string().optional(),
    reasoning_content: z.string().optional(),
    tool_calls: z.array(toolCallDeltaSchema).optional(),
    /** Additional fields of the provider's message. */
    fields: anyFields.optional(),
    logprobs: anyFields.optional(),
  }),
  z.object({ kind: z.literal("retract") }),
  z.object({ kind: z.literal("alive") }),
  z.object({
    kind: z.literal("end"),
    finish_reason: finishSchema,
    usage: usageSchema,
    quota: quotaSchema.optional(),
  }),
  z.object({
    kind: z.literal("error"),
    errorType: z.string(),
    message: z.string(),
    /** Seconds. */
    retry_after: z.int().optional(),
    headers: z.record(z.string(), z.string()).optional(),
  }),
]);
export type StatelessAnswer = z.infer<typeof statelessAnswerSchema>;

/** `edge.interest.<edge>`, every second: the stateless turns that this edge still waits for. */
export const edgeInterestSchema = z.object({ requests: z.array(idSchema) });
