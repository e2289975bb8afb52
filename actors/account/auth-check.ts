import type { Bus } from "../../infra/bus/bus.ts";
import type { Logger } from "../../infra/log.ts";
import { type AuthAnswer, apiKeyPattern, webhookKeyPattern } from "../../schemas/documents/account.ts";
import { ParleyError } from "../../schemas/errors.ts";
import { keyCheck } from "../../schemas/messages/account.ts";
import { isStorageAway } from "../storage/storage-error.ts";
import type { ApiKeys } from "./api-keys.ts";
import type { WebhookKeys } from "./webhook-keys.ts";

/** The stores in which keys are looked up. */
export interface KeyStores {
  keys: Pick<ApiKeys, "principalOf">;
  webhookKeys: Pick<WebhookKeys, "idOf">;
}

/**
 * Serves `auth.check`, which resolves a key to its principal. Text without a key prefix is rejected without a
 * query.
 */
export function serveAuthCheck(bus: Pick<Bus, "serve">, { keys, webhookKeys }: KeyStores, log: Logger): void {
  bus.serve(keyCheck, async ({ token }): Promise<AuthAnswer> => {
    try {
      if (apiKeyPattern.test(token)) return { principal: await keys.principalOf(token) };
      if (!webhookKeyPattern.test(token)) return { principal: null };
      const webhook = await webhookKeys.idOf(token);
      return { principal: null, ...(webhook !== undefined && { webhook }) };
    } catch (err) {
      if (!(err instanceof ParleyError || isStorageAway(err))) log.error({ err }, "API key lookup failed");
      return { principal: null, unavailable: true };
    }
  });
}
