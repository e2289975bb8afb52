import type { RunMark } from "../../../schemas/messages/out-item.ts";
import type { SessionInput } from "../../../schemas/messages/session-input.ts";
import type { Segment } from "../../../schemas/wire/review.ts";
import type { StreamFrame } from "../../../schemas/wire/server-frame.ts";
import { Coalescer } from "../../egress/coalescer.ts";
import type { OutPublisher } from "../../egress/out-publisher.ts";
import { ReviewParser } from "../../review/review-parser.ts";
import { piecesOf } from "../../text/pieces.ts";

/**
 * Characters of one frame: escaped as JSON they take up to six bytes each, and the frame still fits a
 * message.
 */
const frameChars = 16_384;

/**
 * The frames of a running turn. Text is coalesced to at most one frame every `coalesceMs`; the first one is
 * sent immediately. The cost is per frame, not per character.
 */
export class TurnEmitter {
  readonly #out: Pick<OutPublisher, "frame">;
  readonly #input: SessionInput;
  readonly #run: RunMark;
  readonly #coalescer: Coalescer;
  /** Determines the kind of the text, for clients that show it while it streams. */
  readonly #parser = new ReviewParser();
  #text = "";
  #thinking = "";
  #ended = false;
  #firstTokenAt: number | undefined;

  constructor(
    out: Pick<OutPublisher, "frame">,
    input: SessionInput,
    run: { attempt: number; runId: string },
    coalesceMs: number,
  ) {
    this.#out = out;
    this.#input = input;
    this.#run = { attempt: run.attempt, run_id: run.runId, phase: "running" };
    this.#coalescer = new Coalescer(coalesceMs, () => this.#sendJoined());
  }

  /** Arrival of the first chunk of the reply, Unix ms. */
  get firstTokenAt(): number | undefined {
    return this.#firstTokenAt;
  }

  /** Announces the reply and its model. */
  start(model?: string): void {
    this.#send({
      type: "stream_start",
      role: "assistant",
      message_id: this.#input.reply_id,
      session_id: this.#input.session,
      client_msg_id: this.#input.client_msg_id,
      attempt: this.#run.attempt,
      response_mode: this.#input.mode,
      ...(model !== undefined && { model }),
      ...(this.#input.regenerates !== undefined && { replaces: this.#input.regenerates }),
      timestamp: Date.now(),
    });
  }

  /** Adds a chunk of the reply. */
  content(text: string): void {
    this.#firstTokenAt ??= Date.now();
    this.#text += text;
    this.#coalescer.schedule();
  }

  /** Adds a chunk of the model's reasoning. */
  thinking(text: string): void {
    this.#thinking += text;
    this.#coalescer.schedule();
  }

  /** Sends a spoken sentence after its text. */
  segment(segment: Segment): void {
    this.#coalescer.flush();
    if (this.#ended) return;
    this.#send({
      type: "stream_segments",
      role: "assistant",
      message_id: this.#input.reply_id,
      session_id: this.#input.session,
      segments: [segment],
      timestamp: Date.now(),
    });
  }

  /** Reports the progress of a tool, after the preceding text. */
  tool(tool_name: string, status: "started" | "running" | "completed" | "failed", message: string): void {
    this.#coalescer.flush();
    if (this.#ended) return;
    this.#send({
      type: "tool_progress",
      msg_type: "tool_progress",
      message_id: this.#input.reply_id,
      session_id: this.#input.session,
      tool_progress: { tool_name, status, progress: status === "started" ? 0 : 1, message },
      timestamp: Date.now(),
    });
  }

  /** Flushes and closes the emitter. */
  end(): void {
    this.#coalescer.flush();
    this.#ended = true;
  }

  /** Drops the buffered text: another process continues with the message. */
  discard(): void {
    this.#coalescer.cancel();
    this.#ended = true;
  }

  #sendJoined(): void {
    if (this.#ended) return;
    if (this.#thinking !== "") this.#sendThinking();
    if (this.#text !== "") this.#sendText();
  }

  #sendText(): void {
    const { kind } = this.#parser;
    this.#parser.push(this.#text);
    for (const content of piecesOf(this.#text, frameChars)) {
      this.#send({
        type: "stream_chunk",
        role: "assistant",
        msg_type: kind === "search_result" ? "markdown" : kind,
        message_id: this.#input.reply_id,
        session_id: this.#input.session,
        content,
        attempt: this.#run.attempt,
        timestamp: Date.now(),
      });
    }
    this.#text = "";
  }

  #sendThinking(): void {
    for (const thinking_content of piecesOf(this.#thinking, frameChars)) {
      this.#send({
        type: "thinking",
        role: "assistant",
        msg_type: "thinking",
        message_id: this.#input.reply_id,
        session_id: this.#input.session,
        thinking_status: "thinking",
        thinking_content,
        attempt: this.#run.attempt,
        timestamp: Date.now(),
      });
    }
    this.#thinking = "";
  }

  #send(frame: StreamFrame): void {
    this.#out.frame(this.#input.user, { frame, run: this.#run });
  }
}
