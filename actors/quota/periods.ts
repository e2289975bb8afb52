import type { Quota, QuotaDocument, QuotaLimits } from "../../schemas/documents/quota.ts";

/** Keys and ends of the day and month that contain `now`, in UTC. */
export function periodsOf(now: Date) {
  const iso = now.toISOString();
  const [year, month] = [now.getUTCFullYear(), now.getUTCMonth()];
  return {
    day: { key: iso.slice(0, 10), reset: new Date(Date.UTC(year, month, now.getUTCDate() + 1)) },
    month: { key: iso.slice(0, 7), reset: new Date(Date.UTC(year, month + 1, 1)) },
  };
}

/** A user's quota as the API returns it; tokens reserved by running turns count as used. */
export function figuresOf(document: QuotaDocument | null, limits: QuotaLimits, now: Date): Quota {
  const periods = periodsOf(now);
  const holds = (document?.holds ?? []).filter(({ until }) => until > now);
  const held = holds.reduce((sum, { tokens }) => sum + tokens, 0);
  const figures = (name: "day" | "month", limit_messages: number, limit_tokens: number) => {
    const used = document?.[name].key === periods[name].key ? document[name] : { messages: 0, tokens: 0 };
    return {
      messages: used.messages + holds.filter(({ background }) => background !== true).length,
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
