import { z } from "zod";

// Telegram Bot API 9 (core.telegram.org/bots/api), as far as it is used.

const entitySchema = z.object({
  type: z.string().describe("Kind of the entry."),
  offset: z.int().describe("Number of entries to skip."),
  length: z.int().describe("Length in UTF-16 units."),
});
const userSchema = z.object({
  id: z.int().describe("Id of the entry."),
  is_bot: z.boolean().optional().describe("Whether the sender is a bot."),
  username: z.string().optional().describe("User name."),
});

/** A message of a chat. */
export const telegramMessageSchema = z.object({
  message_id: z.int().describe("Id of the message."),
  from: userSchema.optional().describe("Sender."),
  chat: z
    .object({ id: z.int().describe("Id of the entry."), type: z.string().describe("Kind of the entry.") })
    .describe("Chat of the message."),
  text: z.string().optional().describe("The text."),
  caption: z.string().optional().describe("Text below the media."),
  entities: z.array(entitySchema).optional().describe("Marked parts of the text."),
  caption_entities: z.array(entitySchema).optional().describe("Marked parts of the caption."),
  photo: z
    .array(
      z.object({
        file_id: z.string().describe("Id of an uploaded file."),
        file_size: z.int().optional().describe("Size in bytes."),
      }),
    )
    .optional()
    .describe("Sizes of the photo."),
  reply_to_message: z
    .object({ from: userSchema.optional().describe("Sender.") })
    .optional()
    .describe("Message that is answered."),
});
export type TelegramMessage = z.infer<typeof telegramMessageSchema>;

/** What Telegram posts to a webhook; kinds that are not used have no `message`. */
export const telegramUpdateSchema = z.object({
  update_id: z.int().describe("Id of the update."),
  message: telegramMessageSchema.optional().describe("The message."),
});

/** Answer to a call of the API. */
export const telegramAnswerSchema = z.object({
  ok: z.boolean().describe("Whether it worked."),
  result: z.unknown().optional().describe("What came of it."),
  error_code: z.int().optional().describe("Code of the platform."),
  description: z.string().optional().describe("Description in words."),
  parameters: z
    .object({ retry_after: z.number().optional().describe("Seconds to wait before the next call.") })
    .optional()
    .describe("Details of the refusal."),
});
export type TelegramAnswer = z.infer<typeof telegramAnswerSchema>;
