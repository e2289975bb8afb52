import { z } from "zod";
import { ParleyError } from "../errors.ts";

const count = z.int().nonnegative();

/** What one user has used of one period, running turns included; a limit of 0 is none. `reset` is its end. */
export const quotaPeriodSchema = z.object({
  messages: count.describe("Messages used."),
  tokens: count.describe("Tokens used."),
  limit_messages: count.describe("Messages allowed in the period; 0 = no limit."),
  limit_tokens: count.describe("Tokens allowed in the period; 0 = no limit."),
  reset: z.iso.datetime().describe("When the period ends, ISO 8601."),
});
export type QuotaPeriod = z.infer<typeof quotaPeriodSchema>;

/** A user's quota: the figures of `GET /api/v1/quota`, of `/quota` and of the `x-ratelimit-*` headers. */
export const quotaSchema = z.object({
  day: quotaPeriodSchema.describe("Use of the current day."),
  month: quotaPeriodSchema.describe("Use of the current month."),
});
export type Quota = z.infer<typeof quotaSchema>;

const usedSchema = z.object({
  key: z.string().describe("The API key."),
  messages: count.describe("Messages used."),
  tokens: count.describe("Tokens used."),
});

/**
 * A document of the collection `quotas`. `key` names the period that is counted (UTC): `2026-11-21`, `2026-11`.
 * A hold is what a running turn has reserved; it is replaced by what the turn used, or ends by itself at `until`. One for
 * work in the background holds tokens, but no message.
 */
export const quotaDocumentSchema = z.object({
  _id: z.string().describe("Key of the document."),
  day: usedSchema.describe("Use of the current day."),
  month: usedSchema.describe("Use of the current month."),
  holds: z
    .array(
      z.object({
        id: z.string().describe("Id of the entry."),
        tokens: count.describe("Tokens used."),
        until: z.date().describe("When the reservation ends."),
        background: z
          .boolean()
          .optional()
          .describe("Tokens used beside turns, such as for facts and titles."),
      }),
    )
    .describe("Reservations of turns that run."),
  fits: z.boolean().optional().describe("Whether the last reservation was granted."),
});
export type QuotaDocument = z.infer<typeof quotaDocumentSchema>;

/** The four limits, 0 = none. */
export interface QuotaLimits {
  quotaDayMessages: number;
  quotaDayTokens: number;
  quotaMonthMessages: number;
  quotaMonthTokens: number;
}

/** Whether any quota is set. */
export function isLimited(limits: QuotaLimits): boolean {
  return (
    limits.quotaDayMessages > 0 ||
    limits.quotaDayTokens > 0 ||
    limits.quotaMonthMessages > 0 ||
    limits.quotaMonthTokens > 0
  );
}

/** Whether nothing more fits into a period. */
export function isSpent({ messages, tokens, limit_messages, limit_tokens }: QuotaPeriod): boolean {
  return (limit_messages > 0 && messages >= limit_messages) || (limit_tokens > 0 && tokens >= limit_tokens);
}

/** The refusal of what no longer fits: it names when there is room again. */
export function quotaExceeded(quota: Quota, now = Date.now()): ParleyError {
  const { day, month } = quota;
  // A request may ask for more than what is left: then the period that ends first and has a limit is named.
  const dayLimited = day.limit_messages + day.limit_tokens > 0;
  const { reset } = isSpent(month) || !dayLimited ? month : day;
  return new ParleyError("quota_exceeded", {
    error: `配额已用完，将于 ${reset} 重置`,
    hint: "用 /quota 或 GET /api/v1/quota 查看用量",
    retryAfter: Math.max(1, Math.ceil((Date.parse(reset) - now) / 1000)),
    headers: quotaHeaders(quota, now),
  });
}

type Unit = "requests" | "tokens";

/** The `x-ratelimit-*` headers of OpenAI's API: of each unit the period that leaves least; none where nothing is limited. */
export function quotaHeaders(quota: Quota, now = Date.now()): Record<string, string> {
  const of = (unit: Unit): [string, string][] => {
    const [first] = [quota.day, quota.month]
      .map((period) => {
        const [limit, used] =
          unit === "requests"
            ? [period.limit_messages, period.messages]
            : [period.limit_tokens, period.tokens];
        return { limit, left: Math.max(0, limit - used), reset: period.reset };
      })
      .filter(({ limit }) => limit > 0)
      .toSorted((a, b) => a.left - b.left);
    if (first === undefined) return [];
    return [
      [`x-ratelimit-limit-${unit}`, String(first.limit)],
      [`x-ratelimit-remaining-${unit}`, String(first.left)],
      [`x-ratelimit-reset-${unit}`, duration(Date.parse(first.reset) - now)],
    ];
  };
  return Object.fromEntries([...of("requests"), ...of("tokens")]);
}

/** A time as OpenAI writes it: `6h0m3s`, `59s`. */
function duration(ms: number): string {
  const s = Math.max(0, Math.ceil(ms / 1000));
  const [hours, minutes] = [Math.floor(s / 3600), Math.floor((s % 3600) / 60)];
  return `${hours > 0 ? `${hours}h` : ""}${s >= 60 ? `${minutes}m` : ""}${s % 60}s`;
}
