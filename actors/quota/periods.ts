import { ParleyError } from "../../schemas/errors.ts";
import { isSpent, type Quota, type QuotaDocument, type QuotaLimits } from "../../schemas/quota.ts";

/** Keys of the day and the month of a time, and when they end; all UTC. */
export function periodsOf(now: Date) {
  const iso = now.toISOString();
  const [year, month] = [now.getUTCFullYear(), now.getUTCMonth()];
  return {
    day: { key: iso.slice(0, 10), reset: new Date(Date.UTC(year, month, now.getUTCDate() + 1)) },
    month: { key: iso.slice(0, 7), reset: new Date(Date.UTC(year, month + 1, 1)) },
  };
}

/** The figures that a user is shown; what running turns have reserved counts as used. */
export function figuresOf(document: QuotaDocument | null, limits: QuotaLimits, now: Date): Quota {
  const periods = periodsOf(now);
  const holds = (document?.holds ?? []).filter(({ until }) => until > now);
  const held = holds.reduce((sum, { tokens }) => sum + tokens, 0);
  const figures = (name: "day" | "month", limit_messages: number, limit_tokens: number) => {
    const used = document?.[name].key === periods[name].key ? document[name] : { messages: 0, tokens: 0 };
    return {
      messages: used.messages + holds.length,
      tokens: used.tokens + held,
      limit_messages,
      limit_tokens,
      reset: periods[name].reset.toISOString(),
    };
  };
  return {
    day: figures("day", limits.quotaDayMessages, limits.quotaDayTokens),
    month: figures("month", limits.quotaMonthMessages, limits.quotaMonthTokens),
  };
}

/** The refusal of a reservation: it names when there is room again. */
export function quotaExceeded(quota: Quota, now: Date): ParleyError {
  // What was asked for may be more than what is left: then the period that resets first is named.
  const { reset } = isSpent(quota.month)
    ? quota.month
    : quota.day.limit_messages + quota.day.limit_tokens > 0
      ? quota.day
      : quota.month;
  return new ParleyError("quota_exceeded", {
    error: `配额已用完，将于 ${reset} 重置`,
    hint: "用 /quota 或 GET /api/v1/quota 查看用量",
    retryAfter: Math.max(1, Math.ceil((Date.parse(reset) - now.getTime()) / 1000)),
  });
}
