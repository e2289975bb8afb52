import { finishSchema, type OpenAIFinish } from "../../../schemas/wire/openai.ts";

/** The end of a reply; `failed`: it broke off and is incomplete. */
export type ProviderFinish = OpenAIFinish | "failed";

const failures =
  /error|fail|abort|cancel|time_?(d_)?out|interrupt|exception|insufficient|overload|malformed|unavailable|disconnect|rate_limit|crash|kill/;
const filters =
  /filter|sensitive|safety|moderat|block|prohibit|recitation|spii|policy|violat|censor|guardrail|risk|harm|refus|copyright/;
const lengths = /length|max|limit|truncat|incomplete|window|budget|too_?long/;
const toolCalls = /tool|function/;
/** Values that some providers send while a reply is still running. */
const running = new Set(["", "null", "none", "unspecified", "finish_reason_unspecified", "false"]);

/**
 * Maps a provider's finish reason; undefined while the reply is running. Vendors use their own words and
 * spellings (`MAX_TOKENS`, `max-tokens`, `sensitive`, `SAFETY`, `network_error`); unknown words count as the
 * natural end (`end_turn`, `eos_token`).
 */
export function readFinish(reason: unknown): ProviderFinish | undefined {
  if (typeof reason === "object" && reason !== null && !Array.isArray(reason)) {
    const { type, reason: inner } = reason as { type?: unknown; reason?: unknown };
    return readFinish(type ?? inner);
  }
  if (typeof reason === "boolean") return reason ? "stop" : undefined;
  if (typeof reason !== "string" && typeof reason !== "number") return undefined;
  const standard = finishSchema.safeParse(reason);
  if (standard.success) return standard.data;
  const word = String(reason)
    .trim()
    .replace(/([a-z])([A-Z])/g, "$1_$2")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_");
  if (running.has(word)) return undefined;
  // "malformed_function_call" is a failure, "content_filter_error" is a content filter.
  if (filters.test(word)) return "content_filter";
  if (failures.test(word)) return "failed";
  if (lengths.test(word)) return "length";
  return toolCalls.test(word) ? "tool_calls" : "stop";
}
