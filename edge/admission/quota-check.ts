import {
  isLimited,
  isSpent,
  quotaExceeded,
  quotaHeaders,
  quotaSchema,
} from "../../schemas/documents/quota.ts";
import type { Principal } from "../../schemas/principal.ts";
import { getQuota } from "../../schemas/routes/quota.ts";
import type { AnswerHeaders } from "../http/exchange.ts";
import type { Services } from "../services.ts";

/**
 * Rejects a turn over quota before its response has begun, and returns the remaining quota. The turn itself
 * reserves later: this check allows an HTTP status for the error.
 * @throws ParleyError `quota_exceeded`
 */
export async function checkQuota(
  { settings, rest }: Pick<Services, "settings" | "rest">,
  principal: Principal,
): Promise<AnswerHeaders> {
  if (!isLimited(settings)) return {};
  const { status, body } = await rest.ask(getQuota, { principal, ip: "", params: {}, query: {}, body: {} });
  if (status >= 400) return {};
  const quota = quotaSchema.parse(body);
  if (isSpent(quota.day) || isSpent(quota.month)) throw quotaExceeded(quota);
  return quotaHeaders(quota);
}
