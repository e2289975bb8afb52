import { type Turn, turnKey } from "../../../schemas/documents/collections.ts";
import type { StoredMessage } from "../../../schemas/documents/message.ts";
import type { QueueSlot, QueueState } from "../../../schemas/documents/session-queue.ts";
import type { SessionInput } from "../../../schemas/messages/session-input.ts";
import { msgTypeOf, reviewOf } from "../../review/review.ts";
import { isWrittenByOthers } from "../prompt/build-prompt.ts";
import type { Reply } from "../turn/reply.ts";
import { queueAfter } from "./queue-state.ts";
import type { Transcript } from "./transcript.ts";

/** Identity of the run that produced a turn. */
export interface RunIdentity {
  seq: number;
  runId: string;
  attempt: number;
  /** The changed queue slot at which it runs. */
  slot?: QueueSlot;
}

/** The document of a turn, at the next position of the transcript. */
export function turnOf(transcript: Transcript, input: SessionInput, reply: Reply, run: RunIdentity): Turn {
  const at = new Date();
  return {
    _id: turnKey(input.user, input.session, transcript.nextN),
    kind: "message",
    in_seq: run.seq,
    run_id: run.runId,
    attempt: run.attempt,
    ...(input.client_given && { client_msg_id: input.client_msg_id }),
    first_id: transcript.nextId,
    messages: run.slot?.cancelled ? [] : messagesOf(transcript.nextId, input, reply, at),
    ...queueFields(transcript, run),
    finish_reason: reply.finish,
    reply: {
      client_msg_id: input.client_msg_id,
      message_id: input.reply_id,
      mode: input.mode,
      ...(reply.error !== undefined && {
        error: reply.error,
        error_type: reply.errorType ?? "llm_unavailable",
      }),
      ...(input.bridge && { bridge: input.bridge }),
      ...(reply.segments && { segments: reply.segments }),
      ...(reply.fullAudioUrl !== undefined && { full_audio_url: reply.fullAudioUrl }),
    },
    ...(isWrittenByOthers(input) && { foreign: true as const }),
    ...(input.regenerates !== undefined && !run.slot?.cancelled && { replaces: input.regenerates }),
    ...(reply.usage && {
      usage: { prompt_tokens: reply.usage.prompt_tokens, completion_tokens: reply.usage.completion_tokens },
    }),
    at,
  };
}

/** The document of a queued clear: it hides every turn before it and answers with `text`. */
export function clearOf(transcript: Transcript, input: SessionInput, text: string, run: RunIdentity): Turn {
  return {
    _id: turnKey(input.user, input.session, transcript.nextN),
    kind: "clear",
    in_seq: run.seq,
    seen_seq: run.seq,
    ...queueFields(transcript, run),
    run_id: run.runId,
    attempt: run.attempt,
    ...(input.client_given && { client_msg_id: input.client_msg_id }),
    first_id: transcript.nextId,
    messages: [],
    finish_reason: "stop",
    reply: {
      client_msg_id: input.client_msg_id,
      message_id: input.reply_id,
      mode: input.mode,
      text,
      ...(input.bridge && { bridge: input.bridge }),
    },
    at: new Date(),
    erase_pending: true,
  };
}

/** The same turn at a later position. */
export function rebased(
  { queue: _, ...turn }: Turn,
  { n, firstId, queue }: { n: number; firstId: number; queue: QueueState },
): Turn {
  const carried = queueAfter(queue, turn.in_seq, turn.slot);
  return {
    ...turn,
    _id: { ...turn._id, n },
    first_id: firstId,
    messages: turn.messages.map((message, index) => ({ ...message, id: firstId + index })),
    ...(carried && { queue: carried }),
  };
}

/** Queue fields of a turn: its own slot, if changed, and the changes still relevant. */
function queueFields({ queue }: Transcript, { seq, slot }: RunIdentity): Pick<Turn, "queue" | "slot"> {
  const carried = queueAfter(queue, seq, slot);
  return { ...(slot && { slot }), ...(carried && { queue: carried }) };
}

function messagesOf(firstId: number, input: SessionInput, reply: Reply, at: Date): StoredMessage[] {
  const user: StoredMessage = {
    id: firstId,
    message_id: input.message_id,
    role: "user",
    msg_type: "chat",
    content: input.content,
    created_at: input.at,
    client_msg_id: input.client_msg_id,
    ...(input.attachments.length > 0 && { attachments: input.attachments }),
    ...(input.client_info && { client_info: input.client_info }),
  };
  const before = input.regenerates === undefined && input.notice === undefined ? [user] : [];
  if (reply.text === "") return before;
  return [
    ...before,
    {
      id: firstId + before.length,
      message_id: input.reply_id,
      role: "assistant",
      msg_type: msgTypeOf(reviewOf(reply.text)),
      content: reply.text,
      created_at: at.getTime(),
      finish_reason: reply.finish,
      ...(reply.model !== undefined && { model: reply.model }),
    },
  ];
}
