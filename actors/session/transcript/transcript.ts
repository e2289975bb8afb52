import type { Turn } from "../../../schemas/documents/collections.ts";
import type { ChatMessage } from "../../../schemas/wire/openai.ts";
import { promptTokens } from "../../models/tokens.ts";
import { type Asked, nothingShown, saidWith } from "../prompt/prompt-message.ts";
import { tailTurns } from "./turn-store.ts";

/** A turn as a model is told of it, with its size: both are asked for at every later turn. */
export interface VisibleTurn {
  /** `message_id` of its reply. */
  replyId: string;
  messages: ChatMessage[];
  tokens: number;
  /** What the user said, where files came with it; `messages` name them. */
  asked?: Asked;
}

/** What a session actor knows of its committed turns: where the next one goes, and what a model may be told. */
export interface Transcript {
  /** n of the next turn. */
  nextN: number;
  /** `id` of the next message. */
  nextId: number;
  /** Everything in the log up to this sequence is finished. */
  cursor: number;
  /** Whether the next turn creates the session. */
  isNew: boolean;
  /** Turns that are not hidden by a clear or delete, oldest first, at most {@link tailTurns}. */
  visible: VisibleTurn[];
  /** The newest turns by what a client may repeat. */
  byClientMsgId: Map<string, Turn>;
  /** The newest turns by their place in the log. */
  byInSeq: Map<number, Turn>;
  /** The newest clear or delete among them whose erasing is not finished. */
  unerased: Turn | null;
}

/** Builds the state from the newest turns, newest first as the store reads them. */
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
  };
  for (const turn of tail.toReversed()) append(transcript, turn);
  return transcript;
}

/** Takes the next committed turn in. */
export function append(transcript: Transcript, turn: Turn): void {
  transcript.nextN = turn._id.n + 1;
  transcript.cursor = Math.max(transcript.cursor, turn.in_seq);
  if (turn.kind === "message") {
    transcript.nextId = turn.first_id + turn.messages.length;
    if (turn.replaces !== undefined) replace(transcript, turn);
    else if (!turn.blanked) transcript.visible.push(visibleTurn(turn, []));
    if (transcript.visible.length > tailTurns) transcript.visible.shift();
  } else if (turn.kind === "cut") {
    transcript.nextId = turn.first_id;
    if (turn.cut !== undefined) cut(transcript, turn.cut);
  } else {
    transcript.nextId = turn.first_id;
    transcript.visible = [];
    if (turn.erase_pending) transcript.unerased = turn;
  }
  // A clear or cut tells nothing: it may stand on a delete.
  if (turn.kind === "message" || turn.kind === "delete") transcript.isNew = turn.kind === "delete";
  // Only turns of a message have a reply; a clear or delete by request shares its in_seq with the turn before it.
  if (turn.reply === undefined) return;
  remember(transcript.byClientMsgId, turn.reply.client_msg_id, turn);
  remember(transcript.byInSeq, turn.in_seq, turn);
}

/** The new reply takes the place of the old one, behind the same question. */
function replace(transcript: Transcript, turn: Turn): void {
  const index = transcript.visible.findIndex(({ replyId }) => replyId === turn.replaces);
  const old = transcript.visible[index];
  if (old === undefined) return;
  const question = old.messages.filter(({ role }) => role === "user");
  transcript.visible[index] = visibleTurn(turn, question, old.asked);
}

/** Of a reply only this was heard: models and devices are told no more. */
function cut(transcript: Transcript, { message_id, text, segments }: NonNullable<Turn["cut"]>): void {
  const index = transcript.visible.findIndex(({ replyId }) => replyId === message_id);
  const old = transcript.visible[index];
  if (old !== undefined) {
    const said = old.messages.filter(({ role }) => role !== "assistant");
    const messages: ChatMessage[] = text === "" ? said : [...said, { role: "assistant", content: text }];
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

function visibleTurn(turn: Turn, before: ChatMessage[], replaced?: Asked): VisibleTurn {
  const attaching = turn.messages.find(({ attachments = [] }) => attachments.length > 0);
  const asked =
    replaced ?? (attaching && { text: attaching.content, attachments: attaching.attachments ?? [] });
  const own = turn.messages.flatMap((message): ChatMessage[] => {
    const { role, content } = message;
    if (message === attaching && asked !== undefined) return saidWith(asked, nothingShown, 0);
    return content === "" || (role !== "user" && role !== "assistant") ? [] : [{ role, content }];
  });
  const messages = [...before, ...own];
  const replyId = turn.reply?.message_id ?? "";
  return { replyId, messages, tokens: promptTokens(messages), ...(asked && { asked }) };
}

function remember<Key>(map: Map<Key, Turn>, key: Key, turn: Turn): void {
  map.set(key, turn);
  if (map.size <= tailTurns) return;
  const [oldest] = map.keys();
  if (oldest !== undefined) map.delete(oldest);
}
