import type { Purpose } from "../../schemas/documents/model-settings.ts";
import type {
  ChatMessage,
  ChatParams,
  OpenAIFinish,
  ToolCallDelta,
  Usage,
} from "../../schemas/wire/openai.ts";

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

/** Answer of a model, in order: `start` just before the first part, the parts, then one `end`. Text is never empty. */
export type ModelDelta =
  | { kind: "start"; model: string }
  | { kind: "content"; text: string }
  | { kind: "reasoning"; text: string }
  | { kind: "tool_calls"; tool_calls: ToolCallDelta[] }
  | { kind: "end"; finish_reason: OpenAIFinish; usage: Usage };

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
   * Streams from the first model of the chain that answers; the next link is tried only before the first delta. Messages
   * with images go to the chain for `vision`, whatever they are for.
   * @throws ParleyError `model_not_found` for an unknown name, `llm_unavailable` when every link failed.
   */
  stream(purpose: "chat" | "vision", call: ModelCall): AsyncIterable<ModelDelta>;
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
