import {
  type ChatMessage,
  finishSchema,
  type OpenAIFinish,
  type ToolCallDelta,
  type Usage,
} from "../../schemas/wire/openai.ts";
import { type ProviderChunk, providerChunkSchema } from "../../schemas/wire/provider-chunk.ts";
import type { ModelDelta } from "./model.ts";
import { ProviderError } from "./provider-error.ts";
import { ThinkTag } from "./think-tag.ts";
import { promptTokens, usageOf } from "./tokens.ts";

type Delta = NonNullable<NonNullable<NonNullable<ProviderChunk["choices"]>[number]>["delta"]>;

// UTF-8 bytes of one token, for a provider that sends no usage.
const bytesPerToken = 4;

/** One streamed reply of a provider, read chunk by chunk; it is bounded, and remembers how it ended. */
export class ProviderReply {
  /** Set by the reader when it has announced the reply. */
  started = false;
  finish: OpenAIFinish | undefined;
  usage: Usage | undefined;
  readonly #maxBytes: number;
  readonly #thinkTag = new ThinkTag();
  #bytes = 0;
  #hasToolCalls = false;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The parts of one chunk; empty for one without text. @throws ProviderError when it is malformed or too much. */
  read(raw: unknown): ModelDelta[] {
    const parsed = providerChunkSchema.safeParse(raw);
    if (!parsed.success) throw new ProviderError("上游回复无效", { cause: parsed.error });
    const { choices, usage } = parsed.data;
    if (usage) this.usage = usageOf(usage.prompt_tokens, usage.completion_tokens);
    const choice = choices?.[0];
    const parts = choice?.delta ? this.#parts(choice.delta) : [];
    if (!choice?.finish_reason) return parts;
    this.finish = this.#finishOf(choice.finish_reason);
    return [...parts, ...this.#thinkTag.end()];
  }

  /** Usage by size, for a provider that tells none. */
  estimate(messages: readonly ChatMessage[]): Usage {
    return usageOf(promptTokens(messages), Math.ceil(this.#bytes / bytesPerToken));
  }

  #parts({ content, reasoning_content, reasoning, tool_calls }: Delta): ModelDelta[] {
    const parts: ModelDelta[] = [];
    const thought = reasoning_content || reasoning;
    if (thought) parts.push({ kind: "reasoning", text: thought });
    if (content) parts.push(...this.#thinkTag.push(content));
    this.#count(thought);
    this.#count(content);
    if (tool_calls && tool_calls.length > 0) {
      this.#hasToolCalls = true;
      for (const call of tool_calls) this.#count(call.function?.arguments);
      parts.push({ kind: "tool_calls", tool_calls: tool_calls.map(toToolCallDelta) });
    }
    return parts;
  }

  #count(text: string | null | undefined): void {
    if (!text) return;
    this.#bytes += Buffer.byteLength(text);
    if (this.#bytes > this.#maxBytes) throw new ProviderError("上游回复过大");
  }

  #finishOf(reason: string): OpenAIFinish {
    const known = finishSchema.safeParse(reason);
    // Some providers end a reply that calls tools with `stop`, or with a word of their own.
    if (this.#hasToolCalls && (!known.success || known.data === "stop")) return "tool_calls";
    return known.success ? known.data : "stop";
  }
}

/** Clients need `index`, and `type` beside `id`; some providers leave them out. */
function toToolCallDelta(call: NonNullable<Delta["tool_calls"]>[number], position: number): ToolCallDelta {
  const { id, index, function: called } = call;
  return {
    index: index ?? position,
    ...(id && { id, type: "function" as const }),
    function: {
      ...(called?.name && { name: called.name }),
      ...(typeof called?.arguments === "string" && { arguments: called.arguments }),
    },
  };
}
