import { createHash, timingSafeEqual } from "node:crypto";
import { ParleyError } from "../../../schemas/errors.ts";
import type { RequestHead } from "../../http/request-head.ts";

/** Whether a request carries the shared key; without a configured one none does. */
export function hasWebhookKey(head: RequestHead, key: string | undefined): boolean {
  const given = head.headers.get("x-webhook-key");
  return key !== undefined && given !== undefined && timingSafeEqual(digest(given), digest(key));
}

/** @throws ParleyError `unauthorized` where it does not */
export function requireWebhookKey(head: RequestHead, key: string | undefined): void {
  if (hasWebhookKey(head, key)) return;
  throw new ParleyError("unauthorized", {
    error: "Webhook 密钥无效",
    hint: "在 X-Webhook-Key 头中携带 WEBHOOK_KEY 的值",
  });
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
