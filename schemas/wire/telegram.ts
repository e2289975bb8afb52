import { z } from "zod";

// Telegram Bot API 9 (core.telegram.org/bots/api), as far as it is used.

const entitySchema = z.object({ type: z.string(), offset: z.int(), length: z.int() });
const userSchema = z.object({ id: z.int(), is_bot: z.boolean().optional(), username: z.string().optional() });

/** A message of a chat. */
export const telegramMessageSchema = z.object({
  message_id: z.int(),
  from: userSchema.optional(),
  chat: z.object({ id: z.int(), type: z.string() }),
  text: z.string().optional(),
  caption: z.string().optional(),
  entities: z.array(entitySchema).optional(),
  caption_entities: z.array(entitySchema).optional(),
  photo: z.array(z.object({ file_id: z.string(), file_size: z.int().optional() })).optional(),
  reply_to_message: z.object({ from: userSchema.optional() }).optional(),
});
export type TelegramMessage = z.infer<typeof telegramMessageSchema>;

/** What Telegram posts to a webhook; kinds that are not used have no `message`. */
export const telegramUpdateSchema = z.object({
  update_id: z.int(),
  message: telegramMessageSchema.optional(),
});

/** Answer to a call of the API. */
export const telegramAnswerSchema = z.object({
  ok: z.boolean(),
  result: z.unknown().optional(),
  error_code: z.int().optional(),
  description: z.string().optional(),
  parameters: z.object({ retry_after: z.number().optional() }).optional(),
});
export type TelegramAnswer = z.infer<typeof telegramAnswerSchema>;
