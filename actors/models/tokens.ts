import { type ChatMessage, isImagePart, isTextPart, type Usage } from "../../schemas/wire/openai.ts";

// What a chat template adds around one message, and what providers count for an image of the size that is sent.
const messageOverhead = 4;
const imageTokens = 765;

/**
 * Tokens of a text, roughly: four ASCII characters are one, a CJK character is one. In UTF-8 a CJK character takes
 * two bytes more than its one UTF-16 unit, so both counts follow from two lengths that are cheap to get.
 */
export function estimateTokens(text: string): number {
  const wide = (Buffer.byteLength(text) - text.length) / 2;
  return Math.ceil((text.length - wide) / 4 + wide);
}

/** Text of a message; its images are left out. */
export function textOf(message: ChatMessage): string {
  const { content } = message;
  if (typeof content === "string") return content;
  return (content ?? []).map((part) => (isTextPart(part) ? part.text : "")).join("");
}

/** Sizes of messages that are asked for again at every later turn; a message is never changed. */
const known = new WeakMap<ChatMessage, number>();

/** Tokens of one message, images, tool calls and template included, roughly. */
export function messageTokens(message: ChatMessage): number {
  const before = known.get(message);
  if (before !== undefined) return before;
  const tokens = countTokens(message);
  known.set(message, tokens);
  return tokens;
}

function countTokens(message: ChatMessage): number {
  let tokens = messageOverhead + estimateTokens(textOf(message));
  if (Array.isArray(message.content)) tokens += imageTokens * message.content.filter(isImagePart).length;
  for (const call of message.tool_calls ?? [])
    tokens += estimateTokens(call.function.name) + estimateTokens(call.function.arguments);
  return tokens;
}

/** Tokens of a whole prompt, roughly. */
export function promptTokens(messages: readonly ChatMessage[]): number {
  let tokens = 0;
  for (const message of messages) tokens += messageTokens(message);
  return tokens;
}

/** Usage of one call, from its two parts. */
export function usageOf(prompt: number, completion: number): Usage {
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
}
