import { newId } from "../../../schemas/ids.ts";
import type { ChatMessage, OpenAIFinish, Usage } from "../../../schemas/wire/openai.ts";
import { type ProviderChoice, providerChunkSchema } from "../../../schemas/wire/provider-chunk.ts";
import type { ModelDelta } from "../model.ts";
import { ProviderError } from "../provider-error.ts";
import { promptTokens, usageOf } from "../tokens.ts";
import { type ContentPiece, readContent, textOf } from "./content.ts";
import { type ProviderFinish, readFinish } from "./finish.ts";
import { refusalOf } from "./refusal.ts";
import { ThinkTag, type ThoughtPiece } from "./think-tag.ts";
import { ToolCallPieces } from "./tool-calls.ts";

// Known fields of an assistant message; all others are passed through.
const knownFields = new Set([
  "role",
  "content",
  "reasoning_content",
  "reasoning",
  "refusal",
  "tool_calls",
  "function_call",
]);
const reasoningFields = ["reasoning_content", "reasoning"] as const;

// UTF-8 bytes per token, for the estimate of providers that send no usage.
const bytesPerToken = 4;

/**
 * Parser of one reply: the chunks of a stream or a complete response yield the same parts. It is bounded and
 * tracks how the reply ended. Unreadable values are skipped; only errors, exceeded limits and truncation fail
 * it.
 */
export class ProviderReply {
  usage: Usage | undefined;
  readonly #maxBytes: number;
  readonly #thinkTag = new ThinkTag();
  readonly #calls: ToolCallPieces;
  #finish: ProviderFinish | undefined;
  /** Leading white space, which becomes text only when more text follows. */
  #blank: string | undefined = "";
  #bytes = 0;
  /** Concatenated text of the deltas. */
  #deltaText = "";
  #usages = 0;
  /** Whether the last value can be the end of a complete reply. */
  #ended = false;
  #done = false;

  constructor(maxBytes: number, makeId: () => string = () => newId("call_", 16)) {
    this.#maxBytes = maxBytes;
    this.#calls = new ToolCallPieces(makeId);
  }

  /** Whether the finish reason was received: only the usage may follow. */
  get finished(): boolean {
    return this.#finish !== undefined || this.#done;
  }

  /**
   * Reads the parts of one value; none for an empty one or after the end mark.
   * @throws ProviderError for an error or an exceeded limit
   */
  read(value: unknown): ModelDelta[] {
    if (this.#done) return [];
    const parsed = providerChunkSchema.safeParse(value);
    if (!parsed.success) throw new ProviderError("上游回复无效", { cause: parsed.error });
    const { choices, usage, error, object } = parsed.data;
    if (isError(error) || object === "error") throw refusalOf(undefined, value);
    const choice = choices?.find(({ index }) => index === 0 || index === "0") ?? choices?.[0];
    const parts = choice === undefined ? [] : this.#choice(choice);
    this.#end(usage, parts.length === 0);
    return parts;
  }

  /** Handles the end mark of the stream. */
  done(): void {
    this.#ended = true;
    this.#done = true;
  }

  /** Returns the parts held back. @throws ProviderError when the reply was truncated */
  end(): ModelDelta[] {
    const parts = [...this.#untagged(this.#thinkTag.end()), ...this.#called(this.#calls.end())];
    if (this.#finish === undefined && !this.#ended) throw new ProviderError("上游回复中断");
    return parts;
  }

  /** How the reply ended. @throws ProviderError when the provider reports a failure */
  get finish(): OpenAIFinish {
    const finish = this.#finish ?? "stop";
    if (finish === "failed") throw new ProviderError("上游返回错误");
    if (this.#calls.any && finish === "stop") return "tool_calls";
    return finish === "tool_calls" && !this.#calls.any ? "stop" : finish;
  }

  /** Estimated usage, for a provider that sends none. */
  estimate(messages: readonly ChatMessage[]): Usage {
    return usageOf(promptTokens(messages), Math.ceil(this.#bytes / bytesPerToken));
  }

  /**
   * A usage ends the reply when its chunk is otherwise empty or it is the first: some send one with each
   * chunk.
   */
  #end(usage: Usage | null | undefined, silent: boolean): void {
    if (!silent) this.#ended = false;
    if (!usage) return;
    this.usage = usage;
    this.#usages += 1;
    if (silent || this.#usages === 1) this.#ended = true;
  }

  #choice(choice: ProviderChoice): ModelDelta[] {
    const { delta, message, text, logprobs } = choice;
    const parts = delta ? this.#message(delta) : [];
    if (delta) this.#deltaText += textOf(delta.content);
    if (message && parts.length === 0 && !this.#repeats(message, delta))
      parts.push(...this.#message(message));
    if (typeof text === "string" && !delta && !message) parts.push(...this.#spoken(readContent(text)));
    if (logprobs) parts.push({ kind: "logprobs", logprobs });
    this.#finish = readFinish(choice.finish_reason ?? choice.finishReason) ?? this.#finish;
    return parts;
  }

  /** Whether a message sent beside or after the deltas repeats their text. */
  #repeats({ content }: Record<string, unknown>, delta: unknown): boolean {
    if (delta && this.#bytes > 0) return true;
    return this.#deltaText !== "" && textOf(content).startsWith(this.#deltaText);
  }

  #message(message: Record<string, unknown>): ModelDelta[] {
    const parts: ModelDelta[] = [];
    const named = reasoningFields.find((field) => textOf(message[field]) !== "");
    if (named !== undefined) parts.push(...this.#thought(textOf(message[named]), named));
    parts.push(...this.#spoken(readContent(message.content)));
    const refusal = textOf(message.refusal);
    if (refusal !== "") parts.push(...this.#spoken([{ kind: "content", text: refusal }]));
    const { tool_calls, function_call } = message;
    if (typeof tool_calls === "object" && tool_calls !== null)
      parts.push(...this.#called(this.#calls.push([tool_calls].flat())));
    else if (typeof function_call === "object" && function_call !== null)
      parts.push(...this.#called(this.#calls.push([{ function: function_call }])));
    const fields = Object.fromEntries(
      Object.entries(message).filter(([name, value]) => !knownFields.has(name) && value != null),
    );
    if (Object.keys(fields).length === 0) return parts;
    this.#count(JSON.stringify(fields));
    return [...parts, { kind: "fields", fields }];
  }

  #thought(text: string, field?: (typeof reasoningFields)[number]): ModelDelta[] {
    this.#count(text);
    return [field === undefined ? { kind: "reasoning", text } : { kind: "reasoning", text, field }];
  }

  #spoken(pieces: readonly ContentPiece[]): ModelDelta[] {
    return pieces.flatMap(({ kind, text }) =>
      kind === "reasoning" ? this.#thought(text) : this.#text(text),
    );
  }

  #text(text: string): ModelDelta[] {
    this.#count(text);
    return this.#untagged(this.#thinkTag.push(text));
  }

  #untagged(pieces: readonly ThoughtPiece[]): ModelDelta[] {
    return pieces.flatMap((piece): ModelDelta[] => {
      if (piece.kind !== "content") return [piece];
      if (this.#blank === undefined) return [piece];
      this.#blank += piece.text;
      if (this.#blank.trim() === "") return [];
      const text = this.#blank;
      this.#blank = undefined;
      return [{ kind: "content", text }];
    });
  }

  #called(calls: Extract<ModelDelta, { kind: "tool_calls" }>["tool_calls"]): ModelDelta[] {
    if (calls.length === 0) return [];
    this.#count(JSON.stringify(calls));
    return [{ kind: "tool_calls", tool_calls: calls }];
  }

  #count(text: string): void {
    this.#bytes += Buffer.byteLength(text);
    if (this.#bytes > this.#maxBytes) throw new ProviderError("上游回复过大");
  }
}

/** Whether `error` is non-empty: some providers send an empty one with each chunk. */
function isError(error: unknown): boolean {
  if (typeof error === "object" && error !== null) return Object.keys(error).length > 0;
  return error !== undefined && error !== null && error !== false && error !== "" && error !== 0;
}
