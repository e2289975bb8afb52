import type { NeoFrame } from "../../../schemas/wire/neo.ts";
import type { EventStream } from "../../http/event-stream.ts";
import { formatPosition, type WireFrame } from "../../live/frame.ts";
import { type ReplyEvent, ReplyText } from "../../live/reply-text.ts";
import type { Follower } from "../../live/user-feed.ts";
import type { NeoRequest, NeoTurn } from "./neo-turn.ts";

/** A browser that lost its stream comes back so soon; what it missed is kept for two minutes. */
const retryMs = 1_000;

/** An event of the answer: its id, and the frame; the first one has no frame. */
export interface NeoEvent {
  id: string;
  frame: NeoFrame | undefined;
}

/** How a reply is read. */
export interface NeoReplyOptions {
  request: NeoRequest;
  epoch: () => string;
  /** The turn that is read, where it is known. */
  turn?: NeoTurn;
  /** `seq` of the last event that the client has; what came up to there is not sent again. */
  seen?: number;
  /** Frames may be missing from here on. */
  onRestart: () => void;
}

/** Reads one turn of a user's stream for an event stream. Events are kept until {@link NeoReply.open}. */
export class NeoReply implements Follower {
  readonly #options: NeoReplyOptions;
  readonly #texts = new Map<string, ReplyText>();
  readonly #kept: NeoEvent[] = [];
  #turn: NeoTurn | undefined;
  #stream: EventStream | undefined;
  #seq: number;
  #ended = false;
  /** Runs once, when the last event is out. */
  onEnd: () => void = () => {};

  constructor(options: NeoReplyOptions) {
    this.#options = options;
    this.#turn = options.turn;
    this.#seq = options.seen ?? 0;
  }

  /** The turn that is read; undefined while no frame has told which it is. */
  get turn(): NeoTurn | undefined {
    return this.#turn;
  }

  /** Whether all of the turn was among what the client has seen. */
  get finished(): boolean {
    return this.#ended && this.#kept.length === 0 && this.#stream === undefined;
  }

  /** Reads this turn from now on. */
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

  /** The whole text is known from elsewhere. */
  whole(text: string): void {
    if (this.#turn !== undefined && !this.#ended) this.#emit(this.#textOf(this.#turn).whole(text), this.#seq);
  }

  /** The turn came to nothing. */
  fail(message: string): void {
    if (!this.#ended) this.#emit([{ kind: "failed", errorType: "", message }], this.#seq);
  }

  /** Sends everything from now on to `stream`, after an event that says where it begins. */
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
    // One event for one frame: an id then stands for all of it, also after a cut.
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
