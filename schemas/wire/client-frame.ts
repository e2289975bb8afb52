import { z } from "zod";
import { idSchema } from "../ids.ts";
import { audioFormatSchema, spokenLanguageSchema } from "./voice-format.ts";

/**
 * What is attached to a message: by `file_id` (uploaded before) or by `url` (data URI, own relative URL, or an image on the
 * web). Once it is accepted it names a file with its type and addresses; only what is on the web keeps its own.
 */
export const attachmentSchema = z.object({
  type: z.enum(["image", "file"]),
  url: z.string().optional(),
  file_id: z.string().max(64).optional(),
  thumbnail_url: z.string().max(2048).optional(),
  filename: z.string().max(255).optional(),
  mime_type: z.string().max(255).optional(),
  width: z.int().nonnegative().optional(),
  height: z.int().nonnegative().optional(),
  size: z.int().nonnegative().optional(),
  description: z.string().max(2000).optional(),
});
export type Attachment = z.infer<typeof attachmentSchema>;

/** How the user wants the reply: text, text with spoken sentences, or a hands-free conversation. */
export const modeSchema = z.enum(["text", "voice_msg", "voice_assistant"]);
export type Mode = z.infer<typeof modeSchema>;

/** Who sent a message, as his other devices show it. */
export const clientInfoSchema = z.object({
  client_id: z.string().max(64).optional(),
  device_name: z.string().max(128).optional(),
  user_agent: z.string().max(512).optional(),
});
export type ClientInfo = z.infer<typeof clientInfoSchema>;

const envelope = {
  session_id: idSchema.optional(),
  timestamp: z.number().optional(),
  client_id: idSchema.optional(),
  device_name: z.string().max(128).optional(),
  user_agent: z.string().max(512).optional(),
};

/** Text of one message; the limit counts UTF-16 units. */
export const contentSchema = z.string().max(100_000);

const messageFrameSchema = z.object({
  ...envelope,
  type: z.literal("message"),
  mode: modeSchema.default("text"),
  content: contentSchema.default(""),
  model: z.string().max(128).optional(),
  attachments: z.array(attachmentSchema).max(16).default([]),
  client_msg_id: idSchema.optional(),
});

/** What the turn of spoken words is to be like, and how they are to be understood. */
const speechFields = {
  mode: modeSchema.default("text"),
  model: z.string().max(128).optional(),
  format: audioFormatSchema.default("webm"),
  client_msg_id: idSchema.optional(),
};
const audioData = z.string().min(1);

/** Every frame that a client may send on `/ws/chat`, by `type`. */
export const clientFrameSchema = z.discriminatedUnion("type", [
  messageFrameSchema,
  z.object({ ...envelope, type: z.literal("ping") }),
  z.object({
    ...envelope,
    type: z.literal("history"),
    limit: z.int().min(1).max(200).default(50),
    before: z.union([z.int().positive(), idSchema]).optional(),
  }),
  z.object({ ...envelope, type: z.literal("stop"), message_id: idSchema.optional() }),
  z.object({
    ...envelope,
    type: z.literal("regenerate"),
    message_id: idSchema,
    model: z.string().max(128).optional(),
    client_msg_id: idSchema.optional(),
  }),
  z.object({
    ...envelope,
    ...speechFields,
    type: z.literal("voice_input"),
    language: spokenLanguageSchema.default("auto"),
    audio_data: audioData,
  }),
  z.object({
    ...envelope,
    ...speechFields,
    type: z.literal("voice_stream_start"),
    language: spokenLanguageSchema.default("zh"),
  }),
  z.object({
    ...envelope,
    type: z.literal("voice_stream_chunk"),
    audio_data: audioData,
    sequence: z.int().nonnegative().optional(),
  }),
  z.object({ ...envelope, type: z.literal("voice_stream_end") }),
  /** The user speaks over a reply: of it he has heard the sentences before `heard_index`, and `heard_ms` of that one. */
  z.object({
    ...envelope,
    type: z.literal("voice_interrupt"),
    message_id: idSchema,
    heard_index: z.int().nonnegative().optional(),
    heard_ms: z.number().nonnegative().optional(),
  }),
  /** A device has played a sentence of a reply to its end. */
  z.object({
    ...envelope,
    type: z.literal("segment_played"),
    message_id: idSchema,
    index: z.int().nonnegative(),
  }),
]);
export type ClientFrame = z.infer<typeof clientFrameSchema>;
/** A frame that brings spoken words, or announces them. */
export type SpeechFrame = Extract<ClientFrame, { type: "voice_input" | "voice_stream_start" }>;
export type MessageFrame = z.infer<typeof messageFrameSchema>;

/** One frame of the Cyber Engine WebSocket: `{content, model?}`; `client_msg_id` is an addition for safe retries. */
export const cyberRequestSchema = z.object({
  content: contentSchema.min(1),
  model: z.string().max(128).optional(),
  client_msg_id: idSchema.optional(),
});
export type CyberRequest = z.infer<typeof cyberRequestSchema>;

/** Query of the `/ws/chat` upgrade. `resume` is `<epoch>-<seq>` of the last frame that the client has seen. */
export const chatUpgradeQuerySchema = z.object({
  session_id: idSchema.optional(),
  client_id: idSchema.optional(),
  device_name: z.string().max(128).optional(),
  resume: z
    .string()
    .regex(/^\d{1,16}-\d{1,16}$/, "must be <epoch>-<seq>")
    .optional(),
});
