import type { CommandEffect } from "../../schemas/wire/neo.ts";
import type { StreamFrame } from "../../schemas/wire/server-frame.ts";

/** Output for a reader of one reply: text deltas and front-end actions of commands, then one end. */
export type ReplyEvent =
  | { kind: "text"; text: string }
  | { kind: "effect"; effect: CommandEffect }
  | { kind: "end" }
  | { kind: "failed"; errorType: string; message: string };

/**
 * One reply for a reader whose output can't be retracted. When a turn is retried, only text beyond what was
 * already sent follows; a retry with different text fails the reply.
 */
export class ReplyText {
  readonly #replyId: string;
  readonly #clientMsgId: string;
  #sent = "";
  /** Text of a retry that has not caught up with the sent text; undefined when it has. */
  #again: string | undefined;
  #attempt = 0;
  #waitForEnd = false;
  #ended = false;
  /** Model of the reply, once known. */
  model: string | undefined;

  constructor(replyId: string, clientMsgId: string) {
    this.#replyId = replyId;
    this.#clientMsgId = clientMsgId;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Chunks may have been missed: the rest is sent at the end, with the complete text. */
  lost(): void {
    this.#waitForEnd = true;
  }

  /** Processes a frame of the user's stream; frames of other replies are ignored. */
  take(frame: StreamFrame): ReplyEvent[] {
    if (this.#ended || !this.#mine(frame)) return [];
    switch (frame.type) {
      case "stream_start":
        this.model = frame.model ?? this.model;
        if (this.#attempt > 0 && frame.attempt > this.#attempt && this.#sent !== "") this.#again = "";
        this.#attempt = frame.attempt;
        return [];
      case "stream_chunk":
        return frame.msg_type === "thinking" ? [] : this.#chunk(frame.content);
      case "stream_end":
        if (frame.finish_reason === "failed") return this.#fail("llm_unavailable", "AI 服务暂不可用");
        return this.whole(frame.text);
      case "command": {
        const { confirm, command, actions } = frame;
        return [{ kind: "effect", effect: { confirm, command, actions } }];
      }
      case "response":
        return frame.role === "user" ? [] : this.whole(frame.content);
      case "error":
        return this.#fail(frame.errorType, frame.error);
      default:
        return [];
    }
  }

  /** The complete text is known: sends the missing part and the end. */
  whole(text: string): ReplyEvent[] {
    const differs = !text.startsWith(this.#sent);
    if (differs && (this.#again !== undefined || this.#waitForEnd)) return this.#diverged();
    this.#ended = true;
    const rest = differs ? "" : text.slice(this.#sent.length);
    return rest === "" ? [{ kind: "end" }] : [{ kind: "text", text: rest }, { kind: "end" }];
  }

  #mine(frame: StreamFrame): boolean {
    if ("message_id" in frame && frame.message_id === this.#replyId) return true;
    return "client_msg_id" in frame && frame.client_msg_id === this.#clientMsgId;
  }

  #chunk(content: string): ReplyEvent[] {
    if (this.#waitForEnd) return [];
    if (this.#again === undefined) {
      this.#sent += content;
      return content === "" ? [] : [{ kind: "text", text: content }];
    }
    this.#again += content;
    if (this.#again.length < this.#sent.length) {
      return this.#sent.startsWith(this.#again) ? [] : this.#diverged();
    }
    if (!this.#again.startsWith(this.#sent)) return this.#diverged();
    const rest = this.#again.slice(this.#sent.length);
    this.#sent = this.#again;
    this.#again = undefined;
    return rest === "" ? [] : [{ kind: "text", text: rest }];
  }

  #diverged(): ReplyEvent[] {
    return this.#fail("llm_unavailable", "回复被中断并以不同内容重新开始");
  }

  #fail(errorType: string, message: string): ReplyEvent[] {
    this.#ended = true;
    return [{ kind: "failed", errorType, message }];
  }
}
