import { z } from "zod";
import { deviceSchema } from "../documents/device.ts";
import { finishReasonSchema, msgTypeSchema, roleSchema, timingSchema } from "../documents/message.ts";
import { notificationSchema } from "../documents/notification.ts";
import { attachmentSchema, clientInfoSchema, modeSchema } from "./client-frame.ts";
import { commandEffectSchema } from "./neo.ts";
import { reviewMessageSchema, segmentSchema } from "./review.ts";
import { approvalDecidedFrameSchema, approvalFrameSchema, queueFrameSchema } from "./session-frames.ts";

const timestamp = z.int();
const session_id = z.string();
const message_id = z.string();

/** A system notice, shown as a toast; `action` is its topic. */
export const systemInfoSchema = z.object({
  level: z.enum(["info", "warning", "error"]).describe("How important it is."),
  message: z.string().describe("Text of the message."),
  action: z.string().optional().describe("What the user can do about it, for example the name of a button."),
});
export type SystemInfo = z.infer<typeof systemInfoSchema>;

/** An error, and the message it concerns; the socket stays open. */
export const errorFrameSchema = z.object({
  type: z.literal("error").describe("Kind of the frame."),
  error: z.string().describe("What went wrong, in words."),
  errorType: z.string().describe("Kind of the error, for programs."),
  hint: z.string().optional().describe("What the caller can do about it."),
  session_id: z.string().optional().describe("Id of the session: `^[A-Za-z0-9_-]{1,64}$`."),
  message_id: z.string().optional().describe("Id of the message."),
  client_msg_id: z
    .string()
    .optional()
    .describe("Id of the message, chosen by its sender. A repeated one is the same message and runs once."),
  timestamp: timestamp.describe("When it was sent, Unix milliseconds."),
});

/** Frames of a user's stream: the edge adds `seq` and `prev` on the wire. */
export const streamFrameSchema = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("response").describe("Kind of the frame."),
    role: roleSchema.describe("Who says it."),
    msg_type: msgTypeSchema.describe("How clients show the text."),
    message_id: message_id.describe("Id of the message."),
    session_id: session_id.describe("Id of the session: `^[A-Za-z0-9_-]{1,64}$`."),
    content: z.string().describe("Text of the message."),
    text: z.string().optional().describe("The text."),
    client_msg_id: z
      .string()
      .optional()
      .describe("Id of the message, chosen by its sender. A repeated one is the same message and runs once."),
    client_info: clientInfoSchema.optional().describe("Client that sent the message."),
    attachments: z.array(attachmentSchema).optional().describe("Files and images of the message."),
    timestamp: timestamp.describe("When it was sent, Unix milliseconds."),
  }),
  z.object({
    type: z.literal("queued").describe("Kind of the frame."),
    session_id: session_id.describe("Id of the session: `^[A-Za-z0-9_-]{1,64}$`."),
    message_id: message_id.describe("Id of the message."),
    client_msg_id: z
      .string()
      .describe("Id of the message, chosen by its sender. A repeated one is the same message and runs once."),
    queue_position: z.int().positive().describe("Position in the session's queue; 1 = next."),
    timestamp: timestamp.describe("When it was sent, Unix milliseconds."),
  }),
  z.object({
    type: z.literal("stream_start").describe("Kind of the frame."),
    role: z.literal("assistant").describe("Who says it."),
    message_id: message_id.describe("Id of the message."),
    session_id: session_id.describe("Id of the session: `^[A-Za-z0-9_-]{1,64}$`."),
    client_msg_id: z
      .string()
      .describe("Id of the message, chosen by its sender. A repeated one is the same message and runs once."),
    attempt: z
      .int()
      .positive()
      .describe(
        "Number of the attempt, from 1. Frames of a lower attempt are void once a higher one was seen.",
      ),
    response_mode: modeSchema.describe("Mode of the reply; repeats `mode` of the message."),
    model: z.string().optional().describe("Id of the model."),
    replaces: z
      .string()
      .optional()
      .describe("Id of the reply in whose place this one comes: it was asked for by `regenerate`."),
    timestamp: timestamp.describe("When it was sent, Unix milliseconds."),
  }),
  z.object({
    type: z.literal("stream_chunk").describe("Kind of the frame."),
    role: z.literal("assistant").describe("Who says it."),
    msg_type: msgTypeSchema.describe("How clients show the text."),
    message_id: message_id.describe("Id of the message."),
    session_id: session_id.describe("Id of the session: `^[A-Za-z0-9_-]{1,64}$`."),
    content: z.string().describe("Text of the message."),
    attempt: z
      .int()
      .positive()
      .describe(
        "Number of the attempt, from 1. Frames of a lower attempt are void once a higher one was seen.",
      ),
    timestamp: timestamp.describe("When it was sent, Unix milliseconds."),
  }),
  z.object({
    type: z.literal("review").describe("Kind of the frame."),
    role: z.literal("assistant").describe("Who says it."),
    message_id: message_id.describe("Id of the message."),
    session_id: session_id.describe("Id of the session: `^[A-Za-z0-9_-]{1,64}$`."),
    review_messages: z
      .array(reviewMessageSchema)
      .describe("Parts of the reply, in the order in which they are shown."),
    timestamp: timestamp.describe("When it was sent, Unix milliseconds."),
  }),
  z.object({
    type: z.literal("stream_segments").describe("Kind of the frame."),
    role: z.literal("assistant").describe("Who says it."),
    message_id: message_id.describe("Id of the message."),
    session_id: session_id.describe("Id of the session: `^[A-Za-z0-9_-]{1,64}$`."),
    segments: z.array(segmentSchema).describe("Sentences of the reply, in order."),
    timestamp: timestamp.describe("When it was sent, Unix milliseconds."),
  }),
  z.object({
    type: z.literal("tool_progress").describe("Kind of the frame."),
    msg_type: z.literal("tool_progress").describe("How clients show the text."),
    message_id: message_id.describe("Id of the message."),
    session_id: session_id.describe("Id of the session: `^[A-Za-z0-9_-]{1,64}$`."),
    tool_progress: z
      .object({
        tool_name: z.string().describe("Name of the tool."),
        status: z.enum(["started", "running", "completed", "failed"]).describe("State of the entry."),
        progress: z.number().min(0).max(1).describe("How far it is, from 0 to 1."),
        message: z.string().describe("Text of the message."),
      })
      .describe("How far a tool's work is."),
    timestamp: timestamp.describe("When it was sent, Unix milliseconds."),
  }),
  z.object({
    type: z.literal("thinking").describe("Kind of the frame."),
    role: z.literal("assistant").describe("Who says it."),
    msg_type: z.literal("thinking").describe("How clients show the text."),
    message_id: message_id.describe("Id of the message."),
    session_id: session_id.describe("Id of the session: `^[A-Za-z0-9_-]{1,64}$`."),
    thinking_status: z.string().describe("State of the thinking."),
    thinking_content: z.string().describe("What the model thinks."),
    attempt: z
      .int()
      .positive()
      .describe(
        "Number of the attempt, from 1. Frames of a lower attempt are void once a higher one was seen.",
      ),
    timestamp: timestamp.describe("When it was sent, Unix milliseconds."),
  }),
  /** A knowledge document being indexed. */
  z.object({
    type: z.literal("knowledge_progress").describe("Kind of the frame."),
    msg_type: z.literal("tool_progress").describe("How clients show the text."),
    knowledge_progress: z
      .object({
        document_id: z.string().describe("Id of the document."),
        kb_id: z.string().describe("Id of the knowledge base."),
        title: z.string().describe("Title."),
        status: z.enum(["pending", "running", "ready", "failed"]).describe("State of the entry."),
        progress: z.number().min(0).max(1).describe("How far it is, from 0 to 1."),
        message: z.string().describe("Text of the message."),
      })
      .describe("How far the ingestion of a document is."),
    timestamp: timestamp.describe("When it was sent, Unix milliseconds."),
  }),
  /** Work after a turn: facts are being extracted. */
  z.object({
    type: z.literal("background_thinking").describe("Kind of the frame."),
    session_id: session_id.describe("Id of the session: `^[A-Za-z0-9_-]{1,64}$`."),
    background_thinking: z
      .object({
        status: z.enum(["start", "end"]).describe("State of the entry."),
        task: z.literal("memory").describe("Kind of the work."),
        memories: z.int().optional().describe("At the end: facts that were new or changed."),
      })
      .describe("Work on the conversation after its turn, such as remembering facts."),
    timestamp: timestamp.describe("When it was sent, Unix milliseconds."),
  }),
  z.object({
    type: z.literal("command").describe("Kind of the frame."),
    message_id: message_id.describe("Id of the message."),
    session_id: session_id.describe("Id of the session: `^[A-Za-z0-9_-]{1,64}$`."),
    ...commandEffectSchema.shape,
    timestamp: timestamp.describe("When it was sent, Unix milliseconds."),
  }),
  z.object({
    type: z.literal("stream_end").describe("Kind of the frame."),
    role: z.literal("assistant").describe("Who says it."),
    message_id: message_id.describe("Id of the message."),
    session_id: session_id.describe("Id of the session: `^[A-Za-z0-9_-]{1,64}$`."),
    client_msg_id: z
      .string()
      .describe("Id of the message, chosen by its sender. A repeated one is the same message and runs once."),
    text: z.string().describe("The text."),
    finish_reason: finishReasonSchema.describe("How the reply ended."),
    attempt: z
      .int()
      .positive()
      .describe(
        "Number of the attempt, from 1. Frames of a lower attempt are void once a higher one was seen.",
      ),
    response_mode: modeSchema.describe("Mode of the reply; repeats `mode` of the message."),
    timing: timingSchema.optional().describe("When the turn was accepted, started and committed."),
    full_audio_url: z.string().optional().describe("All of the reply that is spoken, in one piece."),
    timestamp: timestamp.describe("When it was sent, Unix milliseconds."),
  }),
  /**
   * The user has interrupted the playback of a finished reply: `text` is what was played, and what history
   * now contains.
   */
  z.object({
    type: z.literal("voice_interrupted").describe("Kind of the frame."),
    role: z.literal("assistant").describe("Who says it."),
    message_id: message_id.describe("Id of the message."),
    session_id: session_id.describe("Id of the session: `^[A-Za-z0-9_-]{1,64}$`."),
    text: z.string().describe("The text."),
    timestamp: timestamp.describe("When it was sent, Unix milliseconds."),
  }),
  z.object({
    type: z.literal("system_info").describe("Kind of the frame."),
    msg_type: z.literal("system_info").describe("How clients show the text."),
    session_id: z.string().optional().describe("Id of the session: `^[A-Za-z0-9_-]{1,64}$`."),
    system_info: systemInfoSchema.describe("Notice for the user."),
    timestamp: timestamp.describe("When it was sent, Unix milliseconds."),
  }),
  z.object({
    type: z.literal("notification").describe("Kind of the frame."),
    session_id: z.string().optional().describe("Id of the session: `^[A-Za-z0-9_-]{1,64}$`."),
    notification: notificationSchema.describe("The notification."),
    timestamp: timestamp.describe("When it was sent, Unix milliseconds."),
  }),
  z.object({
    type: z.literal("multi_message").describe("Kind of the frame."),
    role: z.literal("system").describe("Who says it."),
    msg_type: z.literal("system_info").describe("How clients show the text."),
    session_id: z.string().optional().describe("Id of the session: `^[A-Za-z0-9_-]{1,64}$`."),
    multi_message: z
      .object({
        messages: z
          .array(
            z.object({
              index: z.int().nonnegative().describe("Position in the list, from 0."),
              content: z.string().describe("Text of the message."),
              msg_type: z.enum(["chat", "action", "system_info"]).describe("How clients show the text."),
            }),
          )
          .describe("The messages, oldest first."),
      })
      .describe("Several messages that are shown one after the other."),
    timestamp: timestamp.describe("When it was sent, Unix milliseconds."),
  }),
  z.object({
    type: z.literal("device_update").describe("Kind of the frame."),
    session_id: z.string().optional().describe("Id of the session: `^[A-Za-z0-9_-]{1,64}$`."),
    device_update: deviceSchema
      .omit({ unsupported: true })
      .extend({ changed: z.array(z.string()).describe("Keys of the state that the update changed.") })
      .describe("State of the device after the update."),
    timestamp: timestamp.describe("When it was sent, Unix milliseconds."),
  }),
  queueFrameSchema,
  approvalFrameSchema,
  approvalDecidedFrameSchema,
  errorFrameSchema,
]);
/** A frame of a user's stream, before the edge adds `seq` and `prev`. */
export type StreamFrame = z.infer<typeof streamFrameSchema>;
