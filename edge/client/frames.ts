import type { FinishReason, HistoryMessage, MsgType, Timing } from "../../schemas/documents/message.ts";
import type { Attachment, ClientInfo, Mode } from "../../schemas/wire/client-frame.ts";
import type { DirectFrame } from "../../schemas/wire/direct-frame.ts";
import type { ReviewMessage, Segment } from "../../schemas/wire/review.ts";
import type { StreamFrame } from "../../schemas/wire/server-frame.ts";

export type {
  Attachment,
  ClientInfo,
  FinishReason,
  HistoryMessage,
  Mode,
  MsgType,
  ReviewMessage,
  Segment,
  Timing,
};

/** A frame of `/ws/chat`. Frames of the user's stream carry `seq` and the previous `prev`. */
export type Frame = (StreamFrame & { seq?: number; prev?: number }) | DirectFrame;

/** A frame of one `type`. */
export type FrameOf<Type extends Frame["type"]> = Extract<Frame, { type: Type }>;

/** A position in the user's stream. */
export interface Position {
  epoch: string;
  seq: number;
}

/**
 * Follows the chain of a user's stream across connections: each frame's `prev` is the previous frame's `seq`.
 */
export class Chain {
  /** The last position, for `resume`; undefined before the first `connected`. */
  at: Position | undefined;

  /** Processes the next frame. False when frames before it are missing. */
  take(frame: Frame): boolean {
    if (frame.type === "connected") {
      const first = this.at === undefined;
      this.at = { epoch: frame.epoch, seq: frame.seq };
      return first || frame.recovered;
    }
    const { seq, prev } = frame as { seq?: number; prev?: number };
    if (seq === undefined || this.at === undefined) return true;
    const whole = prev === this.at.seq;
    this.at = { epoch: this.at.epoch, seq };
    return whole;
  }
}

/** A random id of 16 characters that the API accepts as `client_msg_id` or `session_id`. */
export function randomId(prefix: string): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return prefix + Array.from(bytes, (byte) => (byte & 31).toString(32)).join("");
}
