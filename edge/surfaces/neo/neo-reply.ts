import type { NeoFrame } from "../../../schemas/wire/neo.ts";
import type { EventStream } from "../../http/event-stream.ts";
import { formatPosition, type WireFrame } from "../../live/frame.ts";
import { type ReplyEvent, ReplyText } from "../../live/reply-text.ts";
import type { Follower } from "../../live/user-feed.ts";
import type { NeoRequest, NeoTurn } from "./neo-turn.ts";

/** Reconnection delay of a browser, ms; missed events are kept for two minutes. */
const retryMs = 1_000;

/** An event of the response: its id and frame; the first has no frame. */
export interface NeoEvent {
  id: string;
  frame: NeoFrame | undefined;
}

/** Options of a reply. */
export interface NeoReplyOptions {
  request: NeoRequest;
  epoch: () => string;
  /** The turn to follow, if known. */
  turn?: NeoTurn;
  /** `seq` of the client's last event; events up to it are not sent again. */
  seen?: number;
  /** Frames may be missing from here on. */
  onRestart: () => void;
}

/**
 * Follows one turn of a user's stream for an event stream. Events are buffered until {@link NeoReply.open}.
 */
export class NeoReply implements Follower {
  readonly #options: NeoReplyOptions;
  readonly #texts = new Map<string, ReplyText>();
  readonly #kept: NeoEvent[] = [];
  #turn: NeoTurn | undefined;
  #stream: EventStream | undefined;
  #seq: number;
  #ended = false;
  /** Called once, after the last event. */
  onEnd: () => void = () => {};

  constructor(options: NeoReplyOptions) {
    this.#options = options;
    this.#turn = options.turn;
    this.#seq = options.seen ?? 0;
  }

  /** The followed turn; undefined until a frame identifies it. */
  get turn(): NeoTurn | undefined {
    return this.#turn;
  }

  /** Whether the client has already received the whole turn. */
  get finished(): boolean {
    return this.#ended && this.#kept.length === 0 && this.#stream === undefined;
  }

  /** Follows this turn. */
  choose(turn: NeoTurn): void {
    this.#turn = turn;
  }

  frame(frame: WireFrame): void {
    const turn = this.#options.request.turnOf(frame);
    if (turn === undefined || this.#ended) return;
    const seen = this.#options.seen ?? 0;
    if (this.#turn === undefined && frame.seq >= seen) this.#turn = turn;
    const events = this.#textOf(turn).take(frame);
    if (turn.replyId !== this.#turn?.replyId) return;
    if (frame.seq > seen) this.#emit(events, frame.seq);
    else if (events.some(({ kind }) => kind === "end" || kind === "failed")) this.#ended = true;
  }

  restarted(): void {
    if (this.#turn !== undefined) this.#textOf(this.#turn).lost();
    this.#options.onRestart();
  }

  /** The whole text is known from the session. */
  whole(text: string): void {
    if (this.#turn !== undefined && !this.#ended) this.#emit(this.#textOf(this.#turn).whole(text), this.#seq);
  }

  /** The turn failed or was refused. */
  fail(message: string): void {
    if (!this.#ended) this.#emit([{ kind: "failed", errorType: "", message }], this.#seq);
  }

  /** Sends everything to `stream`, after an event with the start position. */
  open(stream: EventStream, seq: number): void {
    this.#seq = Math.max(this.#seq, seq);
    this.#stream = stream;
    stream.send({ id: this.#id(seq), retry: retryMs });
    for (const event of this.#kept.splice(0)) this.#send(stream, event);
    if (this.#ended) this.#close(stream);
  }

  #textOf({ replyId, clientMsgId }: NeoTurn): ReplyText {
    let text = this.#texts.get(replyId);
    if (text === undefined) {
      text = new ReplyText(replyId, clientMsgId);
      this.#texts.set(replyId, text);
    }
    return text;
  }

  #emit(events: ReplyEvent[], seq: number): void {
    if (events.length === 0) return;
    this.#seq = seq;
    // One event per frame: an id covers the whole frame, also after a disconnect.
    const frame: NeoFrame = { text: "", error: "", done: false, confirm: false, command: {}, actions: [] };
    for (const event of events) {
      if (event.kind === "text") frame.text = event.text;
      else if (event.kind === "effect") Object.assign(frame, event.effect);
      else frame.done = true;
      if (event.kind === "failed") frame.error = event.message;
    }
    this.#ended = frame.done;
    const event = { id: this.#id(seq), frame };
    if (this.#stream === undefined) this.#kept.push(event);
    else this.#send(this.#stream, event);
    if (this.#ended && this.#stream !== undefined) this.#close(this.#stream);
  }

  #send(stream: EventStream, { id, frame }: NeoEvent): void {
    stream.send({ id, data: JSON.stringify(frame) });
  }

  #close(stream: EventStream): void {
    stream.end();
    this.onEnd();
  }

  #id(seq: number): string {
    return formatPosition({ epoch: this.#options.epoch(), seq });
  }
}
