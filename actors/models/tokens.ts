import { type ChatMessage, isImagePart, isTextPart, type Usage } from "../../schemas/wire/openai.ts";

// Overhead of a chat template per message, and what providers count for an image of the size sent.
const messageOverhead = 4;
const imageTokens = 765;

/**
 * Estimates the tokens of a text: four ASCII characters or one CJK character per token. In UTF-8 a CJK
 * character takes two bytes more than its one UTF-16 unit, so both counts follow from two lengths that are
 * cheap to compute.
 */
export function estimateTokens(text: string): number {
  const wide = (Buffer.byteLength(text) - text.length) / 2;
  return Math.ceil((text.length - wide) / 4 + wide);
}

/** Text of a message without its images. */
export function textOf(message: ChatMessage): string {
  const { content } = message;
  if (typeof content === "string") return content;
  return (content ?? []).map((part) => (isTextPart(part) ? part.text : "")).join("");
}

/** Cached token counts of messages, which later turns need again; messages are immutable. */
const counts = new WeakMap<ChatMessage, number>();

/** Estimated tokens of one message, including images, tool calls and template overhead. */
export function messageTokens(message: ChatMessage): number {
  const before = counts.get(message);
  if (before !== undefined) return before;
  const tokens = countTokens(message);
  counts.set(message, tokens);
  return tokens;
}

function countTokens(message: ChatMessage): number {
  let tokens = messageOverhead + estimateTokens(textOf(message));
  if (Array.isArray(message.content)) tokens += imageTokens * message.content.filter(isImagePart).length;
  for (const call of message.tool_calls ?? [])
    tokens += estimateTokens(call.function.name) + estimateTokens(call.function.arguments);
  return tokens;
}

/** Estimated tokens of a prompt. */
export function promptTokens(messages: readonly ChatMessage[]): number {
  let tokens = 0;
  for (const message of messages) tokens += messageTokens(message);
  return tokens;
}

/** Usage of one call, from its two parts. */
export function usageOf(prompt: number, completion: number): Usage {
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
}
