import { currentTrace, type Trace } from "../../../infra/bus/trace.ts";
import type { SessionInput } from "../../../schemas/messages/session-input.ts";
import type { Arrival } from "../../runtime/keyed-actor.ts";

/**
 * Where a queued message stands:
 * - `received`: read from the log, not shown yet. - `waiting`: shown to the user's devices.
 * - `cancelled`: stopped by its user before its turn began; its turn is committed without asking a model.
 * - `running`: its turn has begun here.
 */
export type MessagePhase = "received" | "waiting" | "cancelled" | "running";

/** One unfinished message of a session. The body of one far back is dropped and read again from the log when due. */
export interface QueuedMessage {
  seq: number;
  arrival: Arrival;
  input: SessionInput | null;
  clientMsgId: string;
  messageId: string;
  replyId: string;
  phase: MessagePhase;
  /** Whether frames of a reply may have gone out, here or by an earlier owner. */
  replyBegun: boolean;
  /** Exceptions that have ended its turn in this process. */
  failures: number;
  /** The trace that it came in. */
  trace: Trace | undefined;
}

/** Whether the message was shown to the user's devices. */
export function isShown({ phase }: QueuedMessage): boolean {
  switch (phase) {
    case "received":
      return false;
    case "waiting":
    case "cancelled":
    case "running":
      return true;
  }
}

/** The unfinished messages of a session, in the order of the log. Its bound is the log's own. */
export class Mailbox {
  readonly #messages: QueuedMessage[] = [];
  readonly #bodies: number;

  /** `bodies`: how many message bodies it keeps. */
  constructor(bodies: number) {
    this.#bodies = bodies;
  }

  /** Adds the newest message. */
  push(seq: number, arrival: Arrival, input: SessionInput): QueuedMessage {
    const message: QueuedMessage = {
      seq,
      arrival,
      input,
      clientMsgId: input.client_msg_id,
      messageId: input.message_id,
      replyId: input.reply_id,
      phase: "received",
      replyBegun: arrival.kind !== "live",
      failures: 0,
      trace: currentTrace(),
    };
    this.#messages.push(message);
    return message;
  }

  /** Drops the body of a message that was shown and is not due soon. */
  shed(message: QueuedMessage): void {
    if (this.#messages.indexOf(message) >= this.#bodies) message.input = null;
  }

  /** The message that is due. */
  get head(): QueuedMessage | undefined {
    return this.#messages[0];
  }

  get size(): number {
    return this.#messages.length;
  }

  /** All of them, oldest first. */
  get messages(): readonly QueuedMessage[] {
    return this.#messages;
  }

  /** How many stand before it. */
  position(message: QueuedMessage): number {
    return this.#messages.indexOf(message);
  }

  /** The message with this client id, or with this id of its own or of its reply. */
  find(id: string): QueuedMessage | undefined {
    return this.#messages.find(
      ({ clientMsgId, messageId, replyId }) => clientMsgId === id || messageId === id || replyId === id,
    );
  }

  /** Takes a message out. */
  remove(message: QueuedMessage): void {
    const index = this.#messages.indexOf(message);
    if (index >= 0) this.#messages.splice(index, 1);
  }
}
