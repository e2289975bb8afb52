import { z } from "zod";

// Telegram Bot API 9 (core.telegram.org/bots/api), as far as it is used.

const entitySchema = z.object({
  type: z.string().describe("Kind of the marked part."),
  offset: z.int().describe("Where it begins, UTF-16 units."),
  length: z.int().describe("Length in UTF-16 units."),
});
const userSchema = z.object({
  id: z.int().describe("Id of the account."),
  is_bot: z.boolean().optional().describe("Whether the account is a bot."),
  username: z.string().optional().describe("User name."),
  first_name: z.string().optional().describe("First name."),
});
const fileSchema = z.object({
  file_id: z.string().describe("Id by which the file is fetched."),
  file_size: z.int().optional().describe("Size in bytes."),
  file_name: z.string().max(1_024).optional().describe("Name of the file."),
  mime_type: z.string().max(255).optional().describe("Media type of the file."),
});
/** Something a message may hold of which only the presence matters. */
const anything = z.looseObject({}).optional();

const media = {
  text: z.string().optional().describe("The text."),
  caption: z.string().optional().describe("Text below the media."),
  photo: z.array(fileSchema).optional().describe("Sizes of the photo."),
  document: fileSchema.optional().describe("A file."),
  voice: fileSchema.optional().describe("A voice message."),
  audio: fileSchema.optional().describe("A piece of music or another recording."),
  video: fileSchema.optional().describe("A video."),
  video_note: fileSchema.optional().describe("A round video message."),
  animation: fileSchema.optional().describe("An animation; `document` holds it, too."),
  sticker: z
    .object({ emoji: z.string().optional().describe("Emoji of the sticker.") })
    .optional()
    .describe("A sticker."),
  location: z
    .object({ latitude: z.number().describe("Latitude."), longitude: z.number().describe("Longitude.") })
    .optional()
    .describe("A place."),
  venue: z
    .object({ title: z.string().describe("Name of the place."), address: z.string().describe("Address.") })
    .optional()
    .describe("A named place; `location` holds it, too."),
  contact: z
    .object({
      phone_number: z.string().describe("Phone number."),
      first_name: z.string().describe("First name."),
      last_name: z.string().optional().describe("Last name."),
    })
    .optional()
    .describe("A contact."),
  poll: z
    .object({
      question: z.string().describe("Question of the poll."),
      options: z
        .array(z.object({ text: z.string().describe("An answer.") }))
        .describe("Answers to choose from."),
    })
    .optional()
    .describe("A poll."),
  dice: z
    .object({ emoji: z.string().describe("Kind of the dice."), value: z.int().describe("What it shows.") })
    .optional()
    .describe("A dice."),
  story: anything.describe("A forwarded story."),
  game: anything.describe("A game."),
  invoice: anything.describe("An invoice."),
  paid_media: anything.describe("Media that cost something."),
};

/** A message that is answered, as far as a quotation needs it. */
const repliedSchema = z.object({
  ...media,
  message_id: z.int().optional().describe("Id of the message."),
  from: userSchema.optional().describe("Sender."),
  forum_topic_created: anything.describe("A topic was opened; every message of it answers this one."),
});

/** A message of a chat. */
export const telegramMessageSchema = z.object({
  ...media,
  message_id: z.int().describe("Id of the message."),
  message_thread_id: z.int().optional().describe("Thread of the message."),
  is_topic_message: z.boolean().optional().describe("Whether the thread is a topic of a forum."),
  media_group_id: z.string().max(64).optional().describe("The same for all messages of an album."),
  from: userSchema.optional().describe("Sender."),
  chat: z
    .object({ id: z.int().describe("Id of the chat."), type: z.string().describe("Kind of the chat.") })
    .describe("Chat of the message."),
  entities: z.array(entitySchema).optional().describe("Marked parts of the text."),
  caption_entities: z.array(entitySchema).optional().describe("Marked parts of the caption."),
  reply_to_message: repliedSchema.optional().describe("Message that is answered."),
  quote: z
    .object({ text: z.string().describe("The chosen part.") })
    .optional()
    .describe("Part of the answered message that the sender chose."),
});
export type TelegramMessage = z.infer<typeof telegramMessageSchema>;
/** What a message or a quoted message holds. */
export type TelegramContent = Pick<TelegramMessage, keyof typeof media>;
export type TelegramFile = z.infer<typeof fileSchema>;

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
    .object({
      retry_after: z.number().optional().describe("Seconds to wait before the next call."),
      migrate_to_chat_id: z.int().optional().describe("Id that the chat has now."),
    })
    .optional()
    .describe("Details of the refusal."),
});
export type TelegramAnswer = z.infer<typeof telegramAnswerSchema>;
