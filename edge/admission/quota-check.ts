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
 * Refuses a turn that could not be paid for before anything of its answer has begun, and tells what is left. The turn
 * itself reserves later: this only keeps a refusal from coming too late for a status.
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
