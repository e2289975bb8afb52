import type { EventStream } from "../../http/event-stream.ts";
import { formatPosition, type Position, type WireFrame } from "../../live/frame.ts";
import type { EventReader, MissedFrame } from "../../live/user-feed.ts";

/** Reconnection delay of a browser, ms; missed frames are kept for two minutes. */
const retryMs = 1_000;

/**
 * A user's whole stream as server-sent events: `connected` first, then each frame with its position as event
 * id.
 */
export class EventFeed implements EventReader {
  readonly user: string;
  readonly #open: () => EventStream;
  readonly #position: () => Position;
  #stream: EventStream | undefined;
  gone = false;

  /** `open` begins the response; `position` is the stream's position. */
  constructor(user: string, open: () => EventStream, position: () => Position) {
    this.user = user;
    this.#open = open;
    this.#position = position;
  }

  begin(position: Position, recovered: boolean, missed: MissedFrame[]): void {
    this.#stream = this.#open();
    this.#connected(position, recovered);
    for (const { seq, text } of missed) this.#send(position.epoch, seq, text);
  }

  frame(frame: WireFrame, encoded: () => string): void {
    this.#send(this.#position().epoch, frame.seq, encoded());
  }

  restarted(): void {
    this.#connected(this.#position(), false);
  }

  /** Completes the response: the edge stops, or the token was revoked. */
  end(): void {
    this.gone = true;
    this.#stream?.end();
  }

  #connected(position: Position, recovered: boolean): void {
    const { epoch, seq } = position;
    const data = JSON.stringify({ type: "connected", epoch, seq, recovered, timestamp: Date.now() });
    this.#stream?.send({ event: "connected", id: formatPosition(position), retry: retryMs, data });
  }

  #send(epoch: string, seq: number, data: string): void {
    this.#stream?.send({ id: formatPosition({ epoch, seq }), data });
  }
}
