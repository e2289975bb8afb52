import { ParleyError } from "../../../schemas/errors.ts";
import { newId } from "../../../schemas/ids.ts";
import { genericWebhook } from "../../../schemas/routes/webhook.ts";
import { genericWebhookSchema } from "../../../schemas/wire/webhook.ts";
import type { Services } from "../../services.ts";
import { SessionTurns } from "./session-turn.ts";
import { authorizeWebhook } from "./webhook-key.ts";

/** Registers the generic webhook: one message, answered with the whole reply. */
export function addGenericWebhook(services: Services): void {
  const { router } = services;
  const turns = new SessionTurns(services);
  for (const path of [genericWebhook.path, "/webhook/generic"]) {
    router.route({
      method: "POST",
      path,
      authorize: authorizeWebhook(services),
      body: "json",
      handler: async (exchange, _caller, body) => {
        const { message, user_id, session_id, mode } = genericWebhookSchema.parse(body);
        if (message.trim() === "") throw new ParleyError("invalid_request", { error: "消息不能为空" });
        const session = session_id ?? newId("webhook_");
        const reply = await turns.run({ user: user_id, session, content: message, mode });
        exchange.json(200, {
          reply: reply.text,
          session_id: session,
          message_id: reply.message_id,
          finish_reason: reply.finish_reason,
        });
      },
    });
  }
}
