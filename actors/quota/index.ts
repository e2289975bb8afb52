import { getQuota } from "../../schemas/routes/quota.ts";
import type { ActorContext } from "../actor-context.ts";
import { serveRoute } from "../requests/rest.ts";
import type { QuotaLedger } from "./quota-ledger.ts";

/** Serves `GET /api/v1/quota`. */
export function serveQuota(context: ActorContext): void {
  serveRoute(context, getQuota, ({ principal }) => context.quota.figures(principal.user_id));
}

/** Text of `/quota`. */
export async function quotaText(quota: QuotaLedger, user: string): Promise<string> {
  const { day, month } = await quota.figures(user);
  return [`今日用量: ${line(day)}`, `本月用量: ${line(month)}`].join("\n");
}

function line({
  messages,
  tokens,
  limit_messages,
  limit_tokens,
  reset,
}: Awaited<ReturnType<QuotaLedger["figures"]>>["day"]): string {
  const of = (used: number, limit: number) => (limit === 0 ? `${used} (不限)` : `${used}/${limit}`);
  return `消息 ${of(messages, limit_messages)}，Token ${of(tokens, limit_tokens)}，重置时间 ${reset}`;
}
