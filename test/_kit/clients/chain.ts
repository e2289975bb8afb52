import type { DirectFrame } from "../../../schemas/wire/direct-frame.ts";
import type { StreamFrame } from "../../../schemas/wire/server-frame.ts";

/** A frame of `/ws/chat` as received. */
export type Frame = (StreamFrame & { seq?: number; prev?: number }) | DirectFrame;

/** Position of a client when it asked to resume. */
export interface Resume {
  epoch: string;
  seq: number;
}

const inStream = new Set(["response", "queued", "stream_start", "stream_chunk", "stream_end"]);

/**
 * The `seq`/`prev` chain of one client across its connections: each frame's `prev` is the previous `seq`, and
 * a resumed connection continues at the last position.
 */
export class Chain {
  /** Last position, for `resume`; undefined before the first `connected`. */
  at: Resume | undefined;
  #asked: Resume | undefined;
  #open = false;

  /** Starts a new connection; `asked` is its `resume`. */
  begin(asked: Resume | undefined): void {
    this.#asked = asked;
    this.#open = false;
  }

  /** Returns what is wrong with the next frame, or undefined. */
  next(frame: Frame): string | undefined {
    if (frame.type === "connected") return this.#connected(frame);
    if (!this.#open) return `${frame.type} before connected`;
    const { seq, prev } = frame as { seq?: number; prev?: number };
    if (seq === undefined) return inStream.has(frame.type) ? `${frame.type} without seq` : undefined;
    const last = this.at?.seq;
    if (this.at !== undefined) this.at = { epoch: this.at.epoch, seq };
    if (prev !== last)
      return `${frame.type} seq ${seq} has prev ${prev}, the frame before it has seq ${last}`;
    if (last !== undefined && seq <= last) return `${frame.type} seq ${seq} after seq ${last}`;
    return undefined;
  }

  #connected(frame: Frame & { type: "connected" }): string | undefined {
    const asked = this.#open ? undefined : this.#asked;
    this.#open = true;
    this.at = { epoch: frame.epoch, seq: frame.seq };
    if (!frame.recovered) return undefined;
    if (asked === undefined) return "recovered without a resume";
    if (asked.epoch !== frame.epoch || asked.seq !== frame.seq) {
      return `recovered at ${frame.epoch}-${frame.seq}, asked for ${asked.epoch}-${asked.seq}`;
    }
    return undefined;
  }
}
