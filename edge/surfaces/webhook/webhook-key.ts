import { isSameSecret } from "../../../infra/same-secret.ts";
import { ParleyError } from "../../../schemas/errors.ts";
import type { Caller } from "../../admission/admission.ts";
import type { Authorize } from "../../http/endpoint.ts";
import type { Services } from "../../services.ts";

/**
 * An endpoint's `authorize` for integrations: `X-Webhook-Key` is WEBHOOK_KEY, or a key that the administrator
 * has created. An invalid one is `unauthorized`.
 */
export function authorizeWebhook({ identity, settings }: Pick<Services, "identity" | "settings">): Authorize {
  const { webhookKey } = settings;
  return (head) => {
    const given = head.headers.get("x-webhook-key");
    if (given === undefined || given === "") throw invalidKey();
    if (webhookKey !== undefined && isSameSecret(given, webhookKey)) return webhook("default");
    return identity.webhook(given, head.ip).then(webhook, (cause: unknown) => {
      if (cause instanceof ParleyError && cause.errorType === "invalid_token") throw invalidKey(cause);
      throw cause;
    });
  };
}

function webhook(id: string): Caller {
  return { principal: null, holder: `webhook:${id}` };
}

function invalidKey(cause?: unknown): ParleyError {
  return new ParleyError("unauthorized", {
    error: "Webhook 密钥无效",
    hint: "在 X-Webhook-Key 头中携带 WEBHOOK_KEY 的值，或管理员创建的 Webhook 密钥",
    cause,
  });
}
