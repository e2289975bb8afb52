import type { OpenAIFinish } from "../../../schemas/wire/openai.ts";

/** A provider's reply, and its expected interpretation. */
export interface OddReply {
  name: string;
  /** Values of the `data:` lines of a stream, in order; `[DONE]` is the end mark. */
  stream: unknown[];
  /** The same reply without streaming, if a provider would send one. */
  plain?: unknown;
  content?: string;
  reasoning?: string;
  /** Name and arguments of each call. */
  calls?: [string, string][];
  finish?: OpenAIFinish;
  /** Part of the error, for a failed reply. */
  error?: RegExp;
}

/** The end mark of a stream. */
export const done = "[DONE]";
/** A chunk with a delta. */
export const chunk = (delta: object, finish: unknown = null) => ({
  choices: [{ index: 0, delta, finish_reason: finish }],
});
/** The last chunk. */
export const stop = chunk({}, "stop");
/** A complete response to a request without streaming. */
export const whole = (message: object, finish: unknown = "stop") => ({
  choices: [{ index: 0, message: { role: "assistant", ...message }, finish_reason: finish }],
  usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 },
});
/** A piece of a tool call. */
export const call = (index: number | undefined, id: string | undefined, name?: string, args?: unknown) => ({
  ...(index !== undefined && { index }),
  ...(id !== undefined && { id }),
  function: { ...(name !== undefined && { name }), ...(args !== undefined && { arguments: args }) },
});
/** A chunk with pieces of tool calls. */
export const calls = (...list: object[]) => chunk({ tool_calls: list });
