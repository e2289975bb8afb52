import type { Purpose } from "../../schemas/documents/model-settings.ts";
import type { ChatMessage, OpenAIFinish, ToolCallDelta, Usage } from "../../schemas/wire/openai.ts";
import type { ChatParams } from "../../schemas/wire/openai-request.ts";

/** One call of a model. */
export interface ModelCall {
  /** Model requested by name; unset = the chain of the purpose. */
  model?: string | undefined;
  messages: ChatMessage[];
  params: ChatParams;
  /** Aborts the call including the upstream request; the stream then throws the signal's reason. */
  signal: AbortSignal;
  /** Id of the user whose quota is charged. */
  user: string;
  /**
   * Whether prompt and tools are Parley's own: tools are omitted for a model without tool support, and the
   * prompt is reordered for models with strict templates. Requests of `/v1` clients are not changed this way.
   */
  own?: boolean;
  /** Called with notes for the user about which model answers. */
  onNote?: (note: ModelNote) => void;
}

/**
 * - `fallback`: `to` answers in place of `from`, which failed.
 * - `unconfigured`: no model is configured, so a built-in one answers, or none.
 */
export type ModelNote =
  | { kind: "fallback"; from: string; to: string }
  | { kind: "unconfigured"; model: string | undefined };

/** Endpoint of a configured model, for APIs other than chat. */
export interface ModelEndpoint {
  id: string;
  /** Its name at the provider. */
  model: string;
  baseUrl: string;
  apiKey: string | undefined;
  /** Parameters set by the administrator. */
  params: Record<string, unknown>;
}

/**
 * Part of a model's reply. Text is never empty.
 * - `reasoning.field`: the provider's field name, under which it expects the reasoning back.
 * - `retract`: the content so far was reasoning and is not part of the reply.
 * - `fields`: other fields of the provider's message.
 */
export type ModelPart =
  | { kind: "start"; model: string }
  | { kind: "content"; text: string }
  | { kind: "reasoning"; text: string; field?: "reasoning_content" | "reasoning" }
  | { kind: "retract" }
  | { kind: "tool_calls"; tool_calls: ToolCallDelta[] }
  | { kind: "fields"; fields: Record<string, unknown> }
  | { kind: "logprobs"; logprobs: Record<string, unknown> };

/** Stream of a model, in order: `start` just before the first part, the parts, then one `end`. */
export type ModelDelta = ModelPart | { kind: "end"; finish_reason: OpenAIFinish; usage: Usage };

/**
 * The stream of {@link Models}. `message` is the complete reply as it is sent back to the model in a later
 * round of the same turn, with its calls, reasoning and provider fields.
 */
export type ReplyDelta =
  | ModelPart
  | { kind: "end"; finish_reason: OpenAIFinish; usage: Usage; message: ChatMessage };

/** Driver of one model. A failure before its first delta is invisible to clients. */
export interface ModelDriver {
  /** @throws ParleyError `llm_unavailable` when the model fails, before or between its deltas. */
  stream(call: ModelCall): AsyncIterable<ModelDelta>;
}

/** Entry of a model list. */
export interface ModelInfo {
  id: string;
  owned_by: string;
  /** Unix seconds. */
  created: number;
  /** Tokens of prompt and reply together. */
  contextTokens: number;
}

/** All models of a process. */
export interface Models {
  /**
   * Streams from the first model of the chain that answers; the next one is tried only before the first
   * delta, also after an empty reply. Messages with images always use the chain for `vision`.
   * @throws ParleyError `model_not_found` for an unknown name, `llm_unavailable` when all models failed.
   */
  stream(purpose: "chat" | "vision", call: ModelCall): AsyncIterable<ReplyDelta>;
  list(): ModelInfo[];
  /** Whether a provider is configured; otherwise the built-in models answer. */
  readonly configured: boolean;
  /** Models routed for a purpose, in order, as plain endpoints; empty without a route. */
  endpoints(purpose: Purpose): ModelEndpoint[];
  /** Context size of a model, or of the first model of the chain. */
  contextTokens(model?: string): number;
  /** Name of the model that would be called first; undefined when there is none. */
  first(purpose: "chat" | "vision", model?: string): string | undefined;
  /**
   * Whether a model, or the vision chain, may be sent images: it supports them, or nothing is known about it.
   */
  sees(model?: string): boolean;
}
