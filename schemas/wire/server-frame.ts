import { z } from "zod";
import { deviceSchema } from "../documents/device.ts";
import { finishReasonSchema, msgTypeSchema, roleSchema } from "../documents/message.ts";
import { notificationSchema } from "../documents/notification.ts";
import { attachmentSchema, clientInfoSchema, modeSchema } from "./client-frame.ts";
import { commandEffectSchema } from "./neo.ts";
import { reviewMessageSchema, segmentSchema } from "./review.ts";

const timestamp = z.int();
const session_id = z.string();
const message_id = z.string();

/** A notice of the system, shown as a toast; `action` names what it is about. */
export const systemInfoSchema = z.object({
  level: z.enum(["info", "warning", "error"]),
  message: z.string(),
  action: z.string().optional(),
});
export type SystemInfo = z.infer<typeof systemInfoSchema>;

/** What went wrong, and with which message; the socket stays open. */
export const errorFrameSchema = z.object({
  type: z.literal("error"),
  error: z.string(),
  errorType: z.string(),
  hint: z.string().optional(),
  session_id: z.string().optional(),
  message_id: z.string().optional(),
  client_msg_id: z.string().optional(),
  timestamp,
});

/** Frames of a user's stream: they carry `seq` and `prev` on the wire, which the edge adds. */
export const streamFrameSchema = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("response"),
    role: roleSchema,
    msg_type: msgTypeSchema,
    message_id,
    session_id,
    content: z.string(),
    text: z.string().optional(),
    client_msg_id: z.string().optional(),
    client_info: clientInfoSchema.optional(),
    attachments: z.array(attachmentSchema).optional(),
    timestamp,
  }),
  z.object({
    type: z.literal("queued"),
    session_id,
    message_id,
    client_msg_id: z.string(),
    queue_position: z.int().positive(),
    timestamp,
  }),
  z.object({
    type: z.literal("stream_start"),
    role: z.literal("assistant"),
    message_id,
    session_id,
    client_msg_id: z.string(),
    attempt: z.int().positive(),
    response_mode: modeSchema,
    model: z.string().optional(),
    timestamp,
  }),
  z.object({
    type: z.literal("stream_chunk"),
    role: z.literal("assistant"),
    msg_type: msgTypeSchema,
    message_id,
    session_id,
    content: z.string(),
    attempt: z.int().positive(),
    timestamp,
  }),
  z.object({
    type: z.literal("review"),
    role: z.literal("assistant"),
    message_id,
    session_id,
    review_messages: z.array(reviewMessageSchema),
    timestamp,
  }),
  z.object({
    type: z.literal("stream_segments"),
    role: z.literal("assistant"),
    message_id,
    session_id,
    segments: z.array(segmentSchema),
    timestamp,
  }),
  z.object({
    type: z.literal("tool_progress"),
    msg_type: z.literal("tool_progress"),
    message_id,
    session_id,
    tool_progress: z.object({
      tool_name: z.string(),
      status: z.enum(["started", "running", "completed", "failed"]),
      progress: z.number().min(0).max(1),
      message: z.string(),
    }),
    timestamp,
  }),
  z.object({
    type: z.literal("thinking"),
    role: z.literal("assistant"),
    msg_type: z.literal("thinking"),
    message_id,
    session_id,
    thinking_status: z.string(),
    thinking_content: z.string(),
    attempt: z.int().positive(),
    timestamp,
  }),
  /** A knowledge document on its way to being searchable. */
  z.object({
    type: z.literal("knowledge_progress"),
    msg_type: z.literal("tool_progress"),
    knowledge_progress: z.object({
      document_id: z.string(),
      kb_id: z.string(),
      title: z.string(),
      status: z.enum(["pending", "running", "ready", "failed"]),
      progress: z.number().min(0).max(1),
      message: z.string(),
    }),
    timestamp,
  }),
  /** Work for a user after a turn: facts are taken from it. */
  z.object({
    type: z.literal("background_thinking"),
    session_id,
    background_thinking: z.object({
      status: z.enum(["start", "end"]),
      task: z.literal("memory"),
      /** At the end: facts that were new or changed. */
      memories: z.int().optional(),
    }),
    timestamp,
  }),
  z.object({
    type: z.literal("command"),
    message_id,
    session_id,
    ...commandEffectSchema.shape,
    timestamp,
  }),
  z.object({
    type: z.literal("stream_end"),
    role: z.literal("assistant"),
    message_id,
    session_id,
    client_msg_id: z.string(),
    text: z.string(),
    finish_reason: finishReasonSchema,
    attempt: z.int().positive(),
    response_mode: modeSchema,
    /** All of the reply that is spoken, in one piece. */
    full_audio_url: z.string().optional(),
    timestamp,
  }),
  /** The user has spoken over a finished reply: `text` is what he heard of it, and what history holds now. */
  z.object({
    type: z.literal("voice_interrupted"),
    role: z.literal("assistant"),
    message_id,
    session_id,
    text: z.string(),
    timestamp,
  }),
  z.object({
    type: z.literal("system_info"),
    msg_type: z.literal("system_info"),
    session_id: z.string().optional(),
    system_info: systemInfoSchema,
    timestamp,
  }),
  z.object({
    type: z.literal("notification"),
    session_id: z.string().optional(),
    notification: notificationSchema,
    timestamp,
  }),
  z.object({
    type: z.literal("multi_message"),
    role: z.literal("system"),
    msg_type: z.literal("system_info"),
    session_id: z.string().optional(),
    multi_message: z.object({
      messages: z.array(
        z.object({
          index: z.int().nonnegative(),
          content: z.string(),
          msg_type: z.enum(["chat", "action", "system_info"]),
        }),
      ),
    }),
    timestamp,
  }),
  z.object({
    type: z.literal("device_update"),
    session_id: z.string().optional(),
    device_update: deviceSchema.omit({ unsupported: true }).extend({ changed: z.array(z.string()) }),
    timestamp,
  }),
  errorFrameSchema,
]);
/** A frame of a user's stream, before the edge adds `seq` and `prev`. */
export type StreamFrame = z.infer<typeof streamFrameSchema>;

/** Which socket of which edge a message came from; its own echo becomes `accepted` there. */
export const originSchema = z.object({ edge: z.string(), socket: z.string() });
export type Origin = z.infer<typeof originSchema>;

/**
 * Which run of a turn a frame comes from. While it is `running`, edges drop a lower attempt and follow one run of the
 * same attempt; what is `committed` replaces any of that, and nothing comes after what is `ended`.
 */
export const runMarkSchema = z.object({
  attempt: z.int().positive(),
  run_id: z.string(),
  phase: z.enum(["running", "committed", "ended"]),
});
export type RunMark = z.infer<typeof runMarkSchema>;

/** `run_id` of the frames that end a reply because its session was deleted: no run of a model made them. */
export const deletedRunId = "deleted";

/** One frame on its way out; `run` is there on the frames of a turn. */
export const outItemSchema = z.object({
  frame: streamFrameSchema,
  run: runMarkSchema.optional(),
  origin: originSchema.optional(),
});
export type OutItem = z.infer<typeof outItemSchema>;
