import type { Frame, FrameOf } from "./frames.ts";
import type { ChatMessage, Part } from "./session-state.ts";
import { ranks, type Turn, type TurnList } from "./turn-list.ts";

const final = new Set<ChatMessage["status"]>(["done", "cancelled", "failed"]);

/** A queued message, as the server lists it. */
export interface QueueItem {
  client_msg_id: string;
  content: string;
  queue_position: number;
}

/** Applies frames of a session to its turns. Idempotent for repeated frames. */
export class TurnFrames {
  readonly #turns: TurnList;

  constructor(turns: TurnList) {
    this.#turns = turns;
  }

  /** A message of this device, before it is accepted. */
  sending(message: ChatMessage): void {
    this.#turns.setUser(this.#turns.enter(message.key, ranks.sending), message);
  }

  /** Processes a frame; false when it changes nothing. */
  take(frame: Frame): boolean {
    switch (frame.type) {
      case "response":
        return frame.role === "user" && this.#echo(frame);
      case "accepted":
        return this.#accepted(frame);
      case "queued":
        return this.#queued(frame);
      case "stream_start":
        return this.#start(frame);
      case "stream_end":
        return this.#end(frame);
      case "error":
        return this.#error(frame);
      case "voice_interrupted": {
        const turn = this.#turns.byReply(frame.message_id);
        const parts: Part[] = [{ type: "chat", content: frame.text, delay_ms: 0 }];
        return turn !== undefined && this.#change(turn, { content: frame.text, parts });
      }
      case "stream_chunk":
      case "thinking":
      case "tool_progress":
      case "review":
      case "stream_segments":
        return this.#growth(frame);
      default:
        return false;
    }
  }

  /** Replaces the queue: queued messages missing in it were cancelled. */
  queue(items: readonly QueueItem[]): void {
    for (const { client_msg_id, content, queue_position } of items) {
      const turn = this.#turns.byClientMsgId(client_msg_id);
      if (turn?.user !== undefined && turn.rank === ranks.queued)
        this.#turns.setUser(turn, { ...turn.user, content, queue_position });
    }
    this.#turns.order(items.map(({ client_msg_id }) => client_msg_id));
  }

  /** Marks replies with missed frames. */
  missed(): void {
    for (const turn of this.#turns.all)
      if (turn.reply?.status === "streaming") turn.reply = { ...turn.reply, incomplete: true };
  }

  #echo(frame: FrameOf<"response">): boolean {
    const id = frame.client_msg_id ?? frame.message_id;
    const turn = this.#turns.enter(id, ranks.queued);
    this.#turns.move(turn, Math.min(turn.rank, ranks.queued) as typeof turn.rank);
    this.#turns.setUser(turn, {
      ...turn.user,
      key: id,
      message_id: frame.message_id,
      client_msg_id: id,
      role: "user",
      msg_type: frame.msg_type,
      content: frame.content,
      parts: [],
      status: begun(turn) ? "done" : "queued",
      created_at: frame.timestamp,
      ...(frame.attachments && { attachments: frame.attachments }),
      ...(frame.client_info && { client_info: frame.client_info }),
    });
    return true;
  }

  #accepted(frame: FrameOf<"accepted">): boolean {
    const turn = this.#turns.byClientMsgId(frame.client_msg_id);
    if (turn?.user === undefined) return false;
    const { client_info, attachments } = frame;
    // Without a stream position its order is unknown until history is loaded.
    if (frame.seq !== undefined)
      this.#turns.move(turn, Math.min(turn.rank, ranks.queued) as typeof turn.rank);
    const status = turn.user.status === "sending" ? "queued" : turn.user.status;
    this.#turns.setUser(turn, {
      ...turn.user,
      message_id: frame.message_id,
      status,
      ...(frame.seq !== undefined && { created_at: frame.timestamp }),
      ...(client_info && { client_info }),
      ...(attachments && { attachments }),
    });
    return true;
  }

  #queued(frame: FrameOf<"queued">): boolean {
    const turn = this.#turns.byClientMsgId(frame.client_msg_id);
    if (turn?.user === undefined || turn.rank !== ranks.queued) return false;
    this.#turns.setUser(turn, { ...turn.user, queue_position: frame.queue_position });
    return true;
  }

  #start(frame: FrameOf<"stream_start">): boolean {
    const turn = this.#turns.byReply(frame.message_id) ?? this.#turns.enter(frame.client_msg_id, ranks.begun);
    if (turn.reply !== undefined && final.has(turn.reply.status)) return false;
    const replaced = this.#turns.byReply(frame.replaces);
    if (replaced !== undefined && replaced !== turn) this.#turns.setReply(replaced, undefined);
    this.#turns.move(turn, ranks.begun);
    if (turn.user !== undefined) this.#turns.setUser(turn, processing(turn.user));
    this.#turns.setReply(turn, {
      key: frame.message_id,
      message_id: frame.message_id,
      role: "assistant",
      msg_type: "chat",
      content: "",
      parts: [],
      status: "streaming",
      created_at: frame.timestamp,
      mode: frame.response_mode,
      ...(frame.model !== undefined && { model: frame.model }),
    });
    return true;
  }

  #growth(
    frame: FrameOf<"stream_chunk" | "thinking" | "tool_progress" | "review" | "stream_segments">,
  ): boolean {
    const turn = this.#turns.byReply(frame.message_id);
    const reply = turn?.reply;
    if (turn === undefined || reply === undefined) return false;
    if (frame.type === "stream_segments") {
      const known = (reply.segments ?? []).filter(
        ({ index }) => !frame.segments.some((one) => one.index === index),
      );
      return this.#change(turn, {
        segments: [...known, ...frame.segments].sort((a, b) => a.index - b.index),
      });
    }
    if (frame.type === "review") return this.#change(turn, { parts: frame.review_messages });
    if (final.has(reply.status)) return false;
    if (frame.type === "thinking")
      return this.#change(turn, { thinking: (reply.thinking ?? "") + frame.thinking_content });
    if (frame.type === "tool_progress") {
      const { tool_name } = frame.tool_progress;
      const others = (reply.tools ?? []).filter((tool) => tool.tool_name !== tool_name);
      return this.#change(turn, { tools: [...others, frame.tool_progress] });
    }
    return this.#change(turn, { content: reply.content + frame.content, parts: grown(reply.parts, frame) });
  }

  #end(frame: FrameOf<"stream_end">): boolean {
    const turn = this.#turns.byReply(frame.message_id) ?? this.#turns.byClientMsgId(frame.client_msg_id);
    if (turn === undefined) return false;
    this.#turns.move(turn, ranks.begun);
    if (turn.user !== undefined) this.#turns.setUser(turn, done(turn.user));
    // A reply without text is not a message of the history.
    if (frame.text === "") {
      this.#turns.setReply(turn, undefined);
      if (turn.user === undefined) this.#turns.remove(turn);
      return true;
    }
    const { incomplete: _, ...reply } = turn.reply ?? {};
    const parts = turn.reply?.parts ?? [];
    const { timing } = frame;
    this.#turns.setReply(turn, {
      ...reply,
      key: frame.message_id,
      message_id: frame.message_id,
      role: "assistant",
      msg_type: typeOf(parts),
      content: frame.text,
      parts: parts.length > 0 ? parts : [{ type: "chat", content: frame.text, delay_ms: 0 }],
      status: frame.finish_reason === "stop" ? "done" : frame.finish_reason,
      finish_reason: frame.finish_reason,
      created_at: frame.timestamp,
      ...(timing && { timing }),
      ...(frame.full_audio_url !== undefined && { full_audio_url: frame.full_audio_url }),
    });
    return true;
  }

  #error({ client_msg_id, errorType, error, hint, seq }: FrameOf<"error"> & { seq?: number }): boolean {
    const turn = this.#turns.byClientMsgId(client_msg_id);
    // Direct answers to this socket are handled by the outbox.
    if (turn === undefined || seq === undefined) return false;
    const problem = { errorType, error, ...(hint !== undefined && { hint }) };
    if (turn.user !== undefined) this.#turns.setUser(turn, { ...turn.user, error: problem });
    else if (turn.reply !== undefined) this.#turns.setReply(turn, { ...turn.reply, error: problem });
    return true;
  }

  #change(turn: Turn, change: Partial<ChatMessage>): boolean {
    if (turn.reply === undefined) return false;
    this.#turns.setReply(turn, { ...turn.reply, ...change });
    return true;
  }
}

function begun(turn: Turn): boolean {
  return turn.reply !== undefined && final.has(turn.reply.status);
}

function processing({ queue_position: _, ...user }: ChatMessage): ChatMessage {
  return { ...user, status: "processing" };
}

function done({ queue_position: _, ...user }: ChatMessage): ChatMessage {
  return { ...user, status: "done" };
}

/** Consecutive chunks of one kind form one part. */
function grown(parts: readonly Part[], { msg_type, content }: FrameOf<"stream_chunk">): Part[] {
  const type = msg_type === "action" || msg_type === "code" || msg_type === "markdown" ? msg_type : "chat";
  const last = parts.at(-1);
  if (last?.type !== type) return [...parts, { type, content, delay_ms: 0 }];
  return [...parts.slice(0, -1), { ...last, content: last.content + content }];
}

/** How a reply is shown where it is one message, as the server decides it. */
function typeOf(parts: readonly Part[]): ChatMessage["msg_type"] {
  const kinds = new Set(parts.map(({ type }) => (type === "search_result" ? "markdown" : type)));
  const [only] = kinds;
  if (kinds.size === 1 && only !== undefined) return only;
  return kinds.has("markdown") || kinds.has("code") ? "markdown" : "chat";
}
