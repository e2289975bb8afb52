import { z } from "zod";
import { finishReasonSchema } from "../documents/message.ts";
import { discordAnswerSchema, discordInteractionSchema, genericWebhookSchema } from "../wire/webhook.ts";
import { defineRoute } from "./route.ts";

/** `POST /api/v1/webhook/generic`, with `X-Webhook-Key`; also at `/webhook/generic`. */
export const genericWebhook = defineRoute({
  method: "post",
  path: "/api/v1/webhook/generic",
  access: "public",
  area: "webhook",
  name: "generic",
  summary: "Send a message from another system and get its reply (X-Webhook-Key)",
  body: genericWebhookSchema,
  answer: z.object({
    reply: z.string().describe("The reply of the turn."),
    session_id: z.string().describe("Id of the session: `^[A-Za-z0-9_-]{1,64}$`."),
    message_id: z.string().describe("Id of the message."),
    finish_reason: finishReasonSchema.describe("How the reply ended."),
  }),
});

/** `POST /api/v1/webhook/discord`, signed by Discord or with `X-Webhook-Key`; also at `/webhook/discord`. */
export const discordWebhook = defineRoute({
  method: "post",
  path: "/api/v1/webhook/discord",
  access: "public",
  area: "webhook",
  name: "discord",
  summary: "Discord interactions (Ed25519 signature or X-Webhook-Key)",
  body: discordInteractionSchema,
  answer: discordAnswerSchema,
});
