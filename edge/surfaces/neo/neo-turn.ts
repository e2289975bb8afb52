import { createHash } from "node:crypto";
import { newId } from "../../../schemas/ids.ts";
import type { StreamFrame } from "../../../schemas/wire/server-frame.ts";

/** Ids of one Yao Neo turn, derived from its request and time window. */
export interface NeoTurn {
  clientMsgId: string;
  replyId: string;
}

/**
 * Ids of Yao Neo requests. A browser's EventSource repeats its GET and can't send a message id, so the id is
 * derived from the request: the same user, content, context and window are the same message on every edge,
 * and frames of its turn are recognised by their ids.
 */
export class NeoRequest {
  readonly #digest: string;
  readonly #windowMs: number;

  /** `windowMs`: repeats of a request within this time are the same message. */
  constructor(user: string, content: string, context: string | undefined, windowMs: number) {
    const said = JSON.stringify([user, content, context ?? ""]);
    this.#digest = createHash("sha256").update(said).digest("base64url").slice(0, 22);
    this.#windowMs = windowMs;
  }

  /** The turn of this request in the window of `at` (Unix ms), or the given number of windows `back`. */
  turn(at: number, back = 0): NeoTurn {
    return this.#of((Math.floor(at / this.#windowMs) - back).toString(36));
  }

  /** The turn of a frame, if it is one of this request's. */
  turnOf(frame: StreamFrame): NeoTurn | undefined {
    const clientMsgId = "client_msg_id" in frame ? frame.client_msg_id : undefined;
    const messageId = "message_id" in frame ? frame.message_id : undefined;
    const window = suffix(clientMsgId, `neo_${this.#digest}_`) ?? suffix(messageId, `neor_${this.#digest}_`);
    return window === undefined ? undefined : this.#of(window);
  }

  #of(window: string): NeoTurn {
    return { clientMsgId: `neo_${this.#digest}_${window}`, replyId: `neor_${this.#digest}_${window}` };
  }
}

/** A message id that encodes when the message was accepted (Unix ms). */
export function neoMessageId(at: number): string {
  return newId(`neom_${at.toString(36)}_`);
}

/** The acceptance time encoded in a message id, Unix ms; 0 for another id. */
export function acceptedAt(messageId: string | undefined): number {
  return Number.parseInt(/^neom_([0-9a-z]+)_/.exec(messageId ?? "")?.[1] ?? "0", 36);
}

function suffix(id: string | undefined, prefix: string): string | undefined {
  return id?.startsWith(prefix) ? id.slice(prefix.length) : undefined;
}
