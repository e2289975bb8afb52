import { z } from "zod";
import { approvalDecisionSchema } from "../documents/approval.ts";
import { idSchema } from "../ids.ts";
import { audioFormatSchema, spokenLanguageSchema } from "./voice-format.ts";

/**
 * An attachment of a message: by `file_id` (uploaded before) or by `url` (data URI, own relative URL, or an
 * image on the web). Once accepted it has a file, its type and addresses; only web images keep their URL.
 */
export const attachmentSchema = z.object({
  type: z.enum(["image", "file"]).describe("Kind of the attachment."),
  url: z.string().optional().describe("Address."),
  file_id: z.string().max(64).optional().describe("Id of an uploaded file."),
  thumbnail_url: z.string().max(2048).optional().describe("Address of a small picture of it."),
  filename: z.string().max(255).optional().describe("Name of the file."),
  mime_type: z.string().max(255).optional().describe("Media type of the file."),
  width: z.int().nonnegative().optional().describe("Width in pixels."),
  height: z.int().nonnegative().optional().describe("Height in pixels."),
  size: z.int().nonnegative().optional().describe("Size in bytes."),
  description: z.string().max(2000).optional().describe("Description in words."),
});
export type Attachment = z.infer<typeof attachmentSchema>;

/** Reply mode: text, text with spoken sentences, or a hands-free conversation. */
export const modeSchema = z.enum(["text", "voice_msg", "voice_assistant"]);
export type Mode = z.infer<typeof modeSchema>;

/** The sending client, as shown on the user's other devices. */
export const clientInfoSchema = z.object({
  client_id: z
    .string()
    .max(64)
    .optional()
    .describe("Id of the client, chosen by it: `^[A-Za-z0-9_-]{1,64}$`."),
  device_name: z
    .string()
    .max(128)
    .optional()
    .describe("Name of the client's device, as other devices show it."),
  user_agent: z.string().max(512).optional().describe("Program of the client."),
});
export type ClientInfo = z.infer<typeof clientInfoSchema>;

const envelope = {
  session_id: idSchema.optional().describe("Id of the session: `^[A-Za-z0-9_-]{1,64}$`."),
  timestamp: z.number().optional().describe("When it was sent, Unix milliseconds."),
  client_id: idSchema.optional().describe("Id of the client, chosen by it: `^[A-Za-z0-9_-]{1,64}$`."),
  device_name: z
    .string()
    .max(128)
    .optional()
    .describe("Name of the client's device, as other devices show it."),
  user_agent: z.string().max(512).optional().describe("Program of the client."),
};

/** Text of one message; the limit counts UTF-16 units. */
export const contentSchema = z.string().max(100_000);

const messageFrameSchema = z.object({
  ...envelope,
  type: z.literal("message").describe("Kind of the frame."),
  mode: modeSchema
    .default("text")
    .describe("How the user wants the reply: text, with spoken sentences, or a hands-free conversation."),
  content: contentSchema.default("").describe("Text of the message. The limit counts UTF-16 units."),
  model: z.string().max(128).optional().describe("Id of the model."),
  attachments: z.array(attachmentSchema).max(16).default([]).describe("Files and images of the message."),
  client_msg_id: idSchema
    .optional()
    .describe("Id of the message, chosen by its sender. A repeated one is the same message and runs once."),
});

/** Options of a spoken message: its turn and its recognition. */
const speechFields = {
  mode: modeSchema
    .default("text")
    .describe("How the user wants the reply: text, with spoken sentences, or a hands-free conversation."),
  model: z.string().max(128).optional().describe("Id of the model."),
  format: audioFormatSchema.default("webm").describe("Format of the audio or image."),
  client_msg_id: idSchema
    .optional()
    .describe("Id of the message, chosen by its sender. A repeated one is the same message and runs once."),
};
const audioData = z.string().min(1);

/** Every frame that a client may send on `/ws/chat`, by `type`. */
export const clientFrameSchema = z.discriminatedUnion("type", [
  messageFrameSchema,
  z.object({ ...envelope, type: z.literal("ping").describe("Kind of the frame.") }),
  z.object({
    ...envelope,
    type: z.literal("history").describe("Kind of the frame."),
    limit: z.int().min(1).max(200).default(50).describe("Largest number of entries to answer."),
    before: z
      .union([z.int().positive(), idSchema])
      .optional()
      .describe("Only messages before this one: its `id` or `message_id`."),
  }),
  z.object({
    ...envelope,
    type: z.literal("stop").describe("Kind of the frame."),
    message_id: idSchema.optional().describe("Id of the message."),
  }),
  z.object({
    ...envelope,
    type: z.literal("regenerate").describe("Kind of the frame."),
    message_id: idSchema.describe("Id of the message."),
    model: z.string().max(128).optional().describe("Id of the model."),
    client_msg_id: idSchema
      .optional()
      .describe("Id of the message, chosen by its sender. A repeated one is the same message and runs once."),
  }),
  z.object({
    ...envelope,
    ...speechFields,
    type: z.literal("voice_input").describe("Kind of the frame."),
    language: spokenLanguageSchema.default("auto").describe("Language as a BCP 47 code, or `auto`."),
    audio_data: audioData.describe("Audio as base64."),
  }),
  z.object({
    ...envelope,
    ...speechFields,
    type: z.literal("voice_stream_start").describe("Kind of the frame."),
    language: spokenLanguageSchema.default("zh").describe("Language as a BCP 47 code, or `auto`."),
  }),
  z.object({
    ...envelope,
    type: z.literal("voice_stream_chunk").describe("Kind of the frame."),
    audio_data: audioData.describe("Audio as base64."),
    sequence: z
      .int()
      .nonnegative()
      .optional()
      .describe("Number of the chunk, from 0; chunks are put in this order."),
  }),
  z.object({ ...envelope, type: z.literal("voice_stream_end").describe("Kind of the frame.") }),
  /**
   * The user interrupts a spoken reply: sentences before `heard_index` were played, and `heard_ms` of that
   * one.
   */
  z.object({
    ...envelope,
    type: z.literal("voice_interrupt").describe("Kind of the frame."),
    message_id: idSchema.describe("Id of the message."),
    heard_index: z.int().nonnegative().optional().describe("Index of the sentence that was being played."),
    heard_ms: z
      .number()
      .nonnegative()
      .optional()
      .describe("How much of that sentence was played, in milliseconds."),
  }),
  /** A device has finished playing a sentence of a reply. */
  z.object({
    ...envelope,
    type: z.literal("segment_played").describe("Kind of the frame."),
    message_id: idSchema.describe("Id of the message."),
    index: z.int().nonnegative().describe("Position in the list, from 0."),
  }),
  z.object({ ...envelope, type: z.literal("queue").describe("Kind of the frame.") }),
  z.object({
    ...envelope,
    type: z.literal("queue_cancel").describe("Kind of the frame."),
    message_id: idSchema.describe("Id of the waiting message."),
  }),
  z.object({
    ...envelope,
    type: z.literal("queue_edit").describe("Kind of the frame."),
    message_id: idSchema.describe("Id of the waiting message."),
    content: contentSchema.min(1).describe("Its new text."),
  }),
  z.object({
    ...envelope,
    type: z.literal("queue_move").describe("Kind of the frame."),
    message_id: idSchema.describe("Id of the waiting message."),
    position: z.int().min(1).describe("Its new position; 1 = next, beyond the end = last."),
  }),
  z.object({
    ...envelope,
    type: z.literal("approve").describe("Kind of the frame."),
    approval_id: idSchema.describe("Id of the approval, or its code."),
    decision: approvalDecisionSchema.describe("This call, every call of the tool, or no call."),
  }),
]);
export type ClientFrame = z.infer<typeof clientFrameSchema>;
/** A frame with speech, or one that starts a stream. */
export type SpeechFrame = Extract<ClientFrame, { type: "voice_input" | "voice_stream_start" }>;
export type MessageFrame = z.infer<typeof messageFrameSchema>;

/** One frame of the Cyber Engine WebSocket: `{content, model?}`; `client_msg_id` is an addition for safe retries. */
export const cyberRequestSchema = z.object({
  content: contentSchema.min(1).describe("Text of the message. The limit counts UTF-16 units."),
  model: z.string().max(128).optional().describe("Id of the model."),
  client_msg_id: idSchema
    .optional()
    .describe("Id of the message, chosen by its sender. A repeated one is the same message and runs once."),
});
export type CyberRequest = z.infer<typeof cyberRequestSchema>;

/** Query of the `/ws/chat` upgrade. `resume` is `<epoch>-<seq>` of the client's last frame. */
export const chatUpgradeQuerySchema = z.object({
  session_id: idSchema.optional().describe("Id of the session: `^[A-Za-z0-9_-]{1,64}$`."),
  client_id: idSchema.optional().describe("Id of the client, chosen by it: `^[A-Za-z0-9_-]{1,64}$`."),
  device_name: z
    .string()
    .max(128)
    .optional()
    .describe("Name of the client's device, as other devices show it."),
  resume: z
    .string()
    .regex(/^\d{1,16}-\d{1,16}$/, "must be <epoch>-<seq>")
    .optional()
    .describe("Position of the last frame that was seen: `<epoch>-<seq>`."),
});
