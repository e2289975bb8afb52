import type { Turn } from "../../../schemas/documents/collections.ts";
import { type ErrorType, errorTable } from "../../../schemas/errors.ts";
import { deletedRunId, type OutItem, type RunMark } from "../../../schemas/messages/out-item.ts";
import type { SessionInput } from "../../../schemas/messages/session-input.ts";
import { modeSchema } from "../../../schemas/wire/client-frame.ts";
import { reviewOf, segmentsOf } from "../../review/review.ts";

/** The user's message as their other devices get it; the edge turns it into `accepted` for the sender. */
export function echo(input: SessionInput): OutItem {
  return {
    frame: {
      type: "response",
      role: "user",
      msg_type: "chat",
      message_id: input.message_id,
      session_id: input.session,
      content: input.content,
      text: input.content,
      client_msg_id: input.client_msg_id,
      ...(input.client_info && { client_info: input.client_info }),
      ...(input.attachments.length > 0 && { attachments: input.attachments }),
      timestamp: input.at,
    },
    ...(input.origin && { origin: input.origin }),
  };
}

/** Position of a message behind others; 1 is next. */
export function queued(input: SessionInput, position: number): OutItem {
  return {
    frame: {
      type: "queued",
      session_id: input.session,
      message_id: input.message_id,
      client_msg_id: input.client_msg_id,
      queue_position: position,
      timestamp: Date.now(),
    },
  };
}

/** An error about one message of a session. */
export function failure(
  errorType: string,
  of: { session: string; message_id: string; client_msg_id: string },
  error: string,
): OutItem {
  return {
    frame: {
      type: "error",
      error,
      errorType,
      session_id: of.session,
      message_id: of.message_id,
      client_msg_id: of.client_msg_id,
      timestamp: Date.now(),
    },
  };
}

/** Why a message ends without a turn. */
export interface UnfinishedEnd {
  errorType: ErrorType;
  finish_reason: "cancelled" | "failed";
  /** Whether frames of its reply may have gone out. */
  replyBegun: boolean;
}

/** The answer to a message that ends without a turn. */
export function unfinishedFrames(
  input: SessionInput,
  { errorType, finish_reason, replyBegun }: UnfinishedEnd,
): OutItem[] {
  const of = { ...input, message_id: input.reply_id };
  const error = failure(errorType, of, errorTable[errorType].error);
  const run: RunMark = { attempt: 1, run_id: deletedRunId, phase: "ended" };
  if (!replyBegun) return [{ ...error, run }];
  const end: OutItem = {
    frame: {
      type: "stream_end",
      role: "assistant",
      message_id: input.reply_id,
      session_id: input.session,
      client_msg_id: input.client_msg_id,
      text: "",
      finish_reason,
      attempt: 1,
      response_mode: input.mode,
      timestamp: Date.now(),
    },
    run,
  };
  return [error, end];
}

/**
 * The frames that end a turn, from its document alone: any process that finds a committed turn whose effects
 * may be missing sends exactly these again.
 */
export function finalFrames(turn: Turn): OutItem[] {
  if (turn.reply === undefined) return [];
  const {
    client_msg_id,
    message_id,
    mode,
    error,
    error_type = "llm_unavailable",
    full_audio_url,
  } = turn.reply;
  const text =
    turn.reply.text ?? turn.messages.find((message) => message.role === "assistant")?.content ?? "";
  const of = { session: turn._id.session, message_id, client_msg_id };
  const end: OutItem = {
    frame: {
      type: "stream_end",
      role: "assistant",
      message_id,
      session_id: of.session,
      client_msg_id,
      text,
      finish_reason: turn.finish_reason ?? "stop",
      attempt: turn.attempt,
      response_mode: modeSchema.catch("text").parse(mode),
      ...(full_audio_url !== undefined && { full_audio_url }),
      ...(turn.timing && { timing: turn.timing }),
      timestamp: turn.at.getTime(),
    },
    run: { attempt: turn.attempt, run_id: turn.run_id, phase: "ended" },
  };
  const shown = text === "" ? [] : reviewFrames(turn, message_id, text);
  return error === undefined ? [...shown, end] : [...shown, failure(error_type, of, error), end];
}

/** The reply in pieces, and the sentences of what is plain chat. */
function reviewFrames(turn: Turn, message_id: string, text: string): OutItem[] {
  const review_messages = reviewOf(text);
  const segments = turn.reply?.segments ?? segmentsOf(review_messages);
  const head = {
    role: "assistant" as const,
    message_id,
    session_id: turn._id.session,
    timestamp: turn.at.getTime(),
  };
  const run: RunMark = { attempt: turn.attempt, run_id: turn.run_id, phase: "committed" };
  const review: OutItem = { frame: { type: "review", ...head, review_messages }, run };
  if (segments.length === 0) return [review];
  return [review, { frame: { type: "stream_segments", ...head, segments }, run }];
}
