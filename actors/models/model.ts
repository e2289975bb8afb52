import type { Purpose } from "../../schemas/documents/model-settings.ts";
import type { ChatMessage, OpenAIFinish, ToolCallDelta, Usage } from "../../schemas/wire/openai.ts";
import type { ChatParams } from "../../schemas/wire/openai-request.ts";

/** One call of a model. */
export interface ModelCall {
  /** The model that was asked for by name; unset = the chain of the purpose. */
  model?: string | undefined;
  messages: ChatMessage[];
  params: ChatParams;
  /** Aborts the call, upstream included; the stream then throws the signal's reason. */
  signal: AbortSignal;
  /** Who pays: a user's id. */
  user: string;
  /**
   * Whether the prompt and the tools are Parley's own: tools are left out for a model that takes none, and the prompt is
   * put into the order that strict models want. What a client of `/v1` sends is not changed so.
   */
  own?: boolean;
  /** Told of what the user should know about where his answer comes from. */
  onNote?: (note: ModelNote) => void;
}

/**
 * - `fallback`: `to` answers in place of `from`, which failed. - `unconfigured`: nobody configured a model, and a built-in
 * one answers, or none.
 */
export type ModelNote =
  | { kind: "fallback"; from: string; to: string }
  | { kind: "unconfigured"; model: string | undefined };

/** Where a configured model is called, for APIs of its provider other than chat. */
export interface ModelEndpoint {
  id: string;
  /** Its name at the provider. */
  model: string;
  baseUrl: string;
  apiKey: string | undefined;
  /** What the administrator set for it. */
  params: Record<string, unknown>;
}

/**
 * Part of a model's answer. Text is never empty.
 * - `reasoning.field`: the name under which the provider gave it, and wants it back.
 * - `retract`: the content so far was thinking and no part of the answer.
 * - `fields`: what the provider put beside the known fields of its message.
 */
export type ModelPart =
  | { kind: "start"; model: string }
  | { kind: "content"; text: string }
  | { kind: "reasoning"; text: string; field?: "reasoning_content" | "reasoning" }
  | { kind: "retract" }
  | { kind: "tool_calls"; tool_calls: ToolCallDelta[] }
  | { kind: "fields"; fields: Record<string, unknown> }
  | { kind: "logprobs"; logprobs: Record<string, unknown> };

/** Answer of a model, in order: `start` just before the first part, the parts, then one `end`. */
export type ModelDelta = ModelPart | { kind: "end"; finish_reason: OpenAIFinish; usage: Usage };

/**
 * The same as {@link Models} answers it. `message` is the whole answer as it goes back to the model in a later round of
 * the same turn: with the calls, the reasoning and the fields that its provider wants back.
 */
export type ReplyDelta =
  | ModelPart
  | { kind: "end"; finish_reason: OpenAIFinish; usage: Usage; message: ChatMessage };

/** One model behind a chain's link. Before its first delta it may fail without anybody having seen of it. */
export interface ModelDriver {
  /** @throws ParleyError `llm_unavailable` when the model fails, before or between its deltas. */
  stream(call: ModelCall): AsyncIterable<ModelDelta>;
}

/** What a list of models shows of one. */
export interface ModelInfo {
  id: string;
  owned_by: string;
  /** Unix seconds. */
  created: number;
  /** Tokens of prompt and answer together. */
  contextTokens: number;
}

/** All models of a process. */
export interface Models {
  /**
   * Streams from the first model of the chain that answers; the next link is tried only before the first delta. A reply
   * that says nothing is no answer. Messages with images go to the chain for `vision`, whatever they are for.
   * @throws ParleyError `model_not_found` for an unknown name, `llm_unavailable` when every link failed.
   */
  stream(purpose: "chat" | "vision", call: ModelCall): AsyncIterable<ReplyDelta>;
  list(): ModelInfo[];
  /** Whether someone configured a provider; otherwise the built-in models answer. */
  readonly configured: boolean;
  /** The models that were set for a purpose, first to last, as plain endpoints; none without a route. */
  endpoints(purpose: Purpose): ModelEndpoint[];
  /** Context of a model, or of the chain's first link. */
  contextTokens(model?: string): number;
  /** Name of the model that a call would ask first; undefined while no model is known. */
  first(purpose: "chat" | "vision", model?: string): string | undefined;
  /** Whether a model, or the chain for images, may be given images: it is known to see, or nobody has said which do. */
  sees(model?: string): boolean;
}
