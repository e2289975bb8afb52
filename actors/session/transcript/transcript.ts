import type { Turn } from "../../../schemas/documents/collections.ts";
import type { QueueState } from "../../../schemas/documents/session-queue.ts";
import type { ChatMessage } from "../../../schemas/wire/openai.ts";
import { promptTokens } from "../../models/tokens.ts";
import { noAttachments, promptMessage, type UserMessage } from "../prompt/user-message.ts";
import { unchangedQueue } from "./queue-state.ts";
import { tailTurns } from "./turn-store.ts";

/** A turn as used in prompts, with its size; every later turn needs both. */
export interface VisibleTurn {
  /** `message_id` of its reply. */
  replyId: string;
  messages: ChatMessage[];
  tokens: number;
  /** The user's message contains third-party text. */
  foreign: boolean;
  /** The user's message, if it has attachments; `messages` only name them. */
  question?: UserMessage;
}

/** The committed turns as a session actor needs them: the position of the next one, and turns for prompts. */
export interface Transcript {
  /** n of the next turn. */
  nextN: number;
  /** `id` of the next message. */
  nextId: number;
  /** Everything in the log up to this sequence is finished. */
  cursor: number;
  /** Whether the next turn creates the session. */
  isNew: boolean;
  /** Turns not hidden by a clear or delete, oldest first, at most {@link tailTurns}. */
  visible: VisibleTurn[];
  /** The newest turns by the `client_msg_id` of their message. */
  byClientMsgId: Map<string, Turn>;
  /** The newest turns by their sequence in the log. */
  byInSeq: Map<number, Turn>;
  /** The newest clear or delete whose erasure is incomplete. */
  unerased: Turn | null;
  /** Queue changes that are still relevant. */
  queue: QueueState;
}

/** Builds a transcript from the newest turns, newest first as the store reads them. */
export function transcriptOf(tail: readonly Turn[]): Transcript {
  const transcript: Transcript = {
    nextN: 0,
    nextId: 1,
    cursor: 0,
    isNew: true,
    visible: [],
    byClientMsgId: new Map(),
    byInSeq: new Map(),
    unerased: null,
    queue: unchangedQueue,
  };
  for (const turn of tail.toReversed()) append(transcript, turn);
  return transcript;
}

/** Adds the next committed turn. */
export function append(transcript: Transcript, turn: Turn): void {
  transcript.nextN = turn._id.n + 1;
  transcript.cursor = Math.max(transcript.cursor, turn.in_seq);
  transcript.queue = turn.queue ?? unchangedQueue;
  if (turn.kind === "message") {
    transcript.nextId = turn.first_id + turn.messages.length;
    if (turn.replaces !== undefined) replace(transcript, turn);
    else if (!turn.blanked && !turn.slot?.cancelled) transcript.visible.push(visibleTurn(turn, []));
    if (transcript.visible.length > tailTurns) transcript.visible.shift();
  } else if (turn.kind === "queue") {
    transcript.nextId = turn.first_id;
  } else if (turn.kind === "cut") {
    transcript.nextId = turn.first_id;
    if (turn.cut !== undefined) cut(transcript, turn.cut);
  } else {
    transcript.nextId = turn.first_id;
    transcript.visible = [];
    if (turn.erase_pending) transcript.unerased = turn;
  }
  // A clear or cut doesn't say whether the session is new: it may directly follow a delete.
  if (turn.kind === "message" || turn.kind === "delete") transcript.isNew = turn.kind === "delete";
  // Only message turns have a reply; a clear or delete by request shares the in_seq of the previous turn.
  if (turn.reply === undefined) return;
  remember(transcript.byClientMsgId, turn.reply.client_msg_id, turn);
  remember(transcript.byInSeq, turn.in_seq, turn);
}

/** Replaces the reply to the same question. */
function replace(transcript: Transcript, turn: Turn): void {
  const index = transcript.visible.findIndex(({ replyId }) => replyId === turn.replaces);
  const old = transcript.visible[index];
  if (old === undefined) return;
  const question = old.messages.filter(({ role }) => role === "user");
  transcript.visible[index] = visibleTurn(turn, question, old.question);
}

/** Truncates a reply to what was played, for prompts and re-sent frames. */
function cut(transcript: Transcript, { message_id, text, segments }: NonNullable<Turn["cut"]>): void {
  const index = transcript.visible.findIndex(({ replyId }) => replyId === message_id);
  const old = transcript.visible[index];
  if (old !== undefined) {
    const question = old.messages.filter(({ role }) => role !== "assistant");
    const messages: ChatMessage[] =
      text === "" ? question : [...question, { role: "assistant", content: text }];
    transcript.visible[index] = { ...old, messages, tokens: promptTokens(messages) };
  }
  for (const turn of transcript.byInSeq.values()) {
    if (turn.reply?.message_id !== message_id) continue;
    const { full_audio_url: _, ...reply } = { ...turn.reply, segments };
    const messages = turn.messages.map((one) =>
      one.message_id === message_id ? { ...one, content: text } : one,
    );
    const left = { ...turn, messages, reply };
    transcript.byInSeq.set(turn.in_seq, left);
    transcript.byClientMsgId.set(reply.client_msg_id, left);
    return;
  }
}

function visibleTurn(turn: Turn, before: ChatMessage[], replaced?: UserMessage): VisibleTurn {
  const attaching = turn.messages.find(({ attachments = [] }) => attachments.length > 0);
  const question =
    replaced ?? (attaching && { text: attaching.content, attachments: attaching.attachments ?? [] });
  const own = turn.messages.flatMap((message): ChatMessage[] => {
    const { role, content } = message;
    if (message === attaching && question !== undefined) return [promptMessage(question, noAttachments, 0)];
    return content === "" || (role !== "user" && role !== "assistant") ? [] : [{ role, content }];
  });
  const messages = [...before, ...own];
  const replyId = turn.reply?.message_id ?? "";
  return {
    replyId,
    messages,
    tokens: promptTokens(messages),
    foreign: turn.foreign === true,
    ...(question && { question }),
  };
}

function remember<Key>(map: Map<Key, Turn>, key: Key, turn: Turn): void {
  map.set(key, turn);
  if (map.size <= tailTurns) return;
  const [oldest] = map.keys();
  if (oldest !== undefined) map.delete(oldest);
}
