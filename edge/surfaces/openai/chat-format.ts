import type { ParleyError } from "../../../schemas/errors.ts";
import type { ReplyAssembly, ReplyPiece } from "../../../schemas/wire/chat-assembly.ts";
import type { ChatChunk, ChatCompletion, OpenAIFinish, Usage } from "../../../schemas/wire/openai.ts";
import { openaiError } from "../../http/error-shape.ts";
import type { ServerEvent } from "../../http/event-stream.ts";
import type { AnswerFormat } from "./answer.ts";
import { ChunkMaker } from "./chunks.ts";

/** `chat.completion.chunk`s, or one `chat.completion`. */
export class ChatFormat implements AnswerFormat {
  readonly #chunks: ChunkMaker;
  readonly #includeUsage: boolean;

  /** `includeUsage`: `stream_options.include_usage` of the request. */
  constructor(id: string, model: string, includeUsage: boolean) {
    this.#chunks = new ChunkMaker(id, model);
    this.#includeUsage = includeUsage;
  }

  get model(): string {
    return this.#chunks.model;
  }

  set model(model: string) {
    this.#chunks.model = model;
  }

  delta({ content, reasoning_content, tool_calls, fields, logprobs }: ReplyPiece): ServerEvent[] {
    const delta = { ...fields, content, reasoning_content, tool_calls };
    return [this.#event(this.#chunks.delta(delta, logprobs))];
  }

  end(finish: OpenAIFinish, usage: Usage): ServerEvent[] {
    const chunks = this.#chunks.finish(finish).map((chunk) => this.#event(chunk));
    const last = this.#includeUsage ? [asEvent(this.#chunks.usage(usage))] : [];
    return [...chunks, ...last, { data: "[DONE]" }];
  }

  fail(error: ParleyError): ServerEvent[] {
    return [asEvent(openaiError(error))];
  }

  whole(reply: ReplyAssembly, finish_reason: OpenAIFinish, usage: Usage): ChatCompletion {
    const { content, reasoning, toolCalls, fields, logprobs } = reply;
    const message = {
      ...fields,
      role: "assistant" as const,
      content: content === "" && toolCalls.length > 0 ? null : content,
      refusal: null,
      ...(reasoning !== "" && { reasoning_content: reasoning }),
      ...(toolCalls.length > 0 && { tool_calls: toolCalls }),
    };
    return this.#chunks.completion({ message, finish_reason, logprobs: logprobs ?? null }, usage);
  }

  #event(chunk: ChatChunk): ServerEvent {
    return asEvent(this.#includeUsage ? { ...chunk, usage: null } : chunk);
  }
}

function asEvent(value: unknown): ServerEvent {
  return { data: JSON.stringify(value) };
}
