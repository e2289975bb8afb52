import { z } from "zod";

// Feishu open platform (open.feishu.cn/document): event callbacks 2.0 and message API v1, as far as they are used.

/** Body of a callback: everything else is inside `encrypt`. */
export const feishuCallbackSchema = z.object({
  encrypt: z.string().max(1_000_000).describe("AES-256-CBC of the event, base64, the IV first."),
});

/** Test of the address: `challenge` is to be answered. */
export const feishuChallengeSchema = z.object({
  type: z.literal("url_verification").describe("Kind of the callback."),
  challenge: z.string().max(1_024).describe("Text to answer."),
});

const idsSchema = z.object({ open_id: z.string().max(128).describe("Id of the account within the app.") });

/** `im.message.receive_v1`: somebody wrote. */
export const feishuMessageEventSchema = z.object({
  header: z
    .object({
      event_id: z.string().describe("The same for every repetition of the event."),
      event_type: z.literal("im.message.receive_v1").describe("Kind of the event."),
      app_id: z.string().max(128).describe("Id of the app."),
    })
    .describe("What the event is."),
  event: z
    .object({
      sender: z
        .object({
          sender_id: idsSchema.describe("Who wrote."),
          sender_type: z.string().describe("Whether it is a user."),
        })
        .describe("Sender."),
      message: z
        .object({
          message_id: z.string().max(128).describe("Id of the message."),
          parent_id: z.string().max(128).optional().describe("Message that is answered."),
          thread_id: z.string().max(128).optional().describe("Thread of the message."),
          chat_id: z.string().max(128).describe("Chat of the message."),
          chat_type: z.string().describe("`p2p`, or a group."),
          message_type: z.string().max(64).describe("Kind of the content."),
          content: z.string().max(200_000).describe("Content as JSON, by its kind."),
          mentions: z
            .array(
              z.object({
                key: z.string().max(64).describe("What stands for the mention in the text."),
                id: idsSchema.describe("Who is mentioned."),
                name: z.string().max(256).describe("Name that is shown."),
              }),
            )
            .max(200)
            .optional()
            .describe("Mentions in the text."),
        })
        .describe("The message."),
    })
    .describe("The event."),
});
export type FeishuMessage = z.infer<typeof feishuMessageEventSchema>["event"]["message"];

/** Answer of the API; `code` 0 is success. */
export const feishuAnswerSchema = z.looseObject({
  code: z.int().describe("Result code; 0 = success."),
  msg: z.string().optional().describe("Text of the refusal."),
  data: z.unknown().optional().describe("What came of it."),
});

/** Answer to `auth/v3/tenant_access_token/internal`. */
export const feishuTokenSchema = z.object({
  code: z.literal(0).describe("Result code; 0 = success."),
  tenant_access_token: z.string().describe("Token for calls of the API."),
  expire: z.number().describe("Seconds until it ends."),
});

/** Answer to `bot/v3/info`. */
export const feishuBotSchema = z.object({
  bot: z.object({ open_id: z.string().describe("Id of the bot's account.") }).describe("The bot."),
});

/** Answer to `im/v1/messages/:id`, as far as a quotation needs it. */
export const feishuQuotedSchema = z.object({
  data: z
    .object({
      items: z
        .array(
          z.object({
            msg_type: z.string().describe("Kind of the content."),
            sender: z.object({ id: z.string().describe("Who wrote.") }).describe("Sender."),
            body: z.object({ content: z.string().describe("Content as JSON.") }).describe("Content."),
          }),
        )
        .describe("The message."),
    })
    .describe("What came of it."),
});
