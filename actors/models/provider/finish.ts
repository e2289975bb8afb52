import { finishSchema, type OpenAIFinish } from "../../../schemas/wire/openai.ts";

/** How a provider says that a reply ended; `failed`: it broke off, what was said is not the whole. */
export type ProviderFinish = OpenAIFinish | "failed";

const failures =
  /error|fail|abort|cancel|time_?(d_)?out|interrupt|exception|insufficient|overload|malformed|unavailable|disconnect|rate_limit|crash|kill/;
const filters =
  /filter|sensitive|safety|moderat|block|prohibit|recitation|spii|policy|violat|censor|guardrail|risk|harm|refus|copyright/;
const lengths = /length|max|limit|truncat|incomplete|window|budget|too_?long/;
const toolCalls = /tool|function/;
/** Words that some providers send while a reply is still running. */
const running = new Set(["", "null", "none", "unspecified", "finish_reason_unspecified", "false"]);

/**
 * What a provider's finish reason means; undefined while the reply is running. Vendors have their own words and
 * spellings (`MAX_TOKENS`, `max-tokens`, `sensitive`, `SAFETY`, `network_error`); a word that says none of this is the
 * natural end (`end_turn`, `eos_token`).
 */
export function readFinish(reason: unknown): ProviderFinish | undefined {
  if (typeof reason === "object" && reason !== null && !Array.isArray(reason)) {
    const { type, reason: inner } = reason as { type?: unknown; reason?: unknown };
    return readFinish(type ?? inner);
  }
  if (typeof reason === "boolean") return reason ? "stop" : undefined;
  if (typeof reason !== "string" && typeof reason !== "number") return undefined;
  const known = finishSchema.safeParse(reason);
  if (known.success) return known.data;
  const word = String(reason)
    .trim()
    .replace(/([a-z])([A-Z])/g, "$1_$2")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_");
  if (running.has(word)) return undefined;
  // "malformed_function_call" is a failure, "content_filter_error" a filter.
  if (filters.test(word)) return "content_filter";
  if (failures.test(word)) return "failed";
  if (lengths.test(word)) return "length";
  return toolCalls.test(word) ? "tool_calls" : "stop";
}
