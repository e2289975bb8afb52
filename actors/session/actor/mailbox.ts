import { currentTrace, type Trace } from "../../../infra/bus/trace.ts";
import type { QueueSlot, QueueState } from "../../../schemas/documents/session-queue.ts";
import type { MessageState, SessionInput } from "../../../schemas/messages/session-input.ts";
import type { Arrival } from "../../runtime/keyed-actor.ts";

/**
 * Phase of a queued message:
 * - `received`: read from the log, not announced yet. - `waiting`: announced to the user's devices.
 * - `cancelled`: stopped by the user before its turn started; its turn is committed without a model request.
 * - `running`: its turn has started in this process.
 */
export type MessagePhase = "received" | "waiting" | "cancelled" | "running";

/**
 * An unfinished message of a session. Bodies far back in the queue are dropped and re-read from the log when
 * due.
 */
export interface QueuedMessage {
  /** Position at which its turn runs; differs from {@link inputSeq} after a move. */
  seq: number;
  /** Sequence of its log entry. */
  inputSeq: number;
  /** Sequence of the edit that holds its text, if it was edited. */
  editSeq?: number | undefined;
  /** Removed from the queue: its turn does not appear in history. */
  removed: boolean;
  arrival: Arrival;
  input: SessionInput | null;
  /** Whether it asks for another reply to the last question. Such a request is neither edited nor moved. */
  regenerates: boolean;
  clientMsgId: string;
  messageId: string;
  replyId: string;
  phase: MessagePhase;
  /** Whether frames of a reply may have been sent, by this or an earlier owner. */
  replyBegun: boolean;
  /** Exceptions of its turn in this process. */
  failures: number;
  /** Trace of the request that submitted it. */
  trace: Trace | undefined;
}

/** The queue slot of a message. */
export function slotOf({ seq, inputSeq, editSeq, removed, ...ids }: QueuedMessage): QueueSlot {
  return {
    seq,
    input_seq: inputSeq,
    ...(editSeq !== undefined && { edit_seq: editSeq }),
    ...(removed && { cancelled: true as const }),
    client_msg_id: ids.clientMsgId,
    message_id: ids.messageId,
    reply_id: ids.replyId,
  };
}

/** Whether the message was announced to the user's devices. */
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

/** The unfinished messages of a session, in log order. Bounded by the log. */
export class Mailbox {
  #messages: QueuedMessage[] = [];
  readonly #bodies: number;

  /** `bodies`: number of message bodies kept in memory. */
  constructor(bodies: number) {
    this.#bodies = bodies;
  }

  /** Adds the newest message. */
  push(seq: number, arrival: Arrival, input: SessionInput): QueuedMessage {
    const message: QueuedMessage = {
      seq,
      inputSeq: seq,
      removed: false,
      arrival,
      input,
      regenerates: input.regenerates !== undefined,
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

  /** Drops the body of an announced message that is not due soon. */
  shed(message: QueuedMessage): void {
    if (this.#messages.indexOf(message) >= this.#bodies) message.input = null;
  }

  /** The next message to run. */
  get head(): QueuedMessage | undefined {
    return this.#messages[0];
  }

  get size(): number {
    return this.#messages.length;
  }

  /** All messages, oldest first. */
  get messages(): readonly QueuedMessage[] {
    return this.#messages;
  }

  /** Number of messages before this one. */
  position(message: QueuedMessage): number {
    return this.#messages.filter(({ removed }) => !removed).indexOf(message);
  }

  /** State of an unfinished message. */
  stateOf(message: QueuedMessage): MessageState {
    const position = this.position(message);
    const ids = { message_id: message.messageId, reply_id: message.replyId };
    return position <= 0
      ? { status: "processing", ...ids }
      : { status: "queued", ...ids, queue_position: position };
  }

  /** Finds a message by client id, message id or reply id. */
  find(id: string): QueuedMessage | undefined {
    return this.#messages.find(
      ({ clientMsgId, messageId, replyId }) => clientMsgId === id || messageId === id || replyId === id,
    );
  }

  /** Messages after the cursor that are neither started nor cancelled, in queue order. */
  waiting(cursor: number): QueuedMessage[] {
    return this.#messages.filter(
      ({ seq, phase }) => seq > cursor && (phase === "waiting" || phase === "received"),
    );
  }

  /**
   * Applies the queue state of the transcript; idempotent. A message that the log has not delivered yet
   * gets its slot, and its body is read when due; finished messages are dropped.
   */
  arrange({ slots, done }: QueueState): void {
    if (slots.length === 0 && done.length === 0 && this.#messages.every(isUnchanged)) return;
    const byInput = new Map(slots.map((slot) => [slot.input_seq, slot]));
    for (const message of this.#messages) {
      const slot = byInput.get(message.inputSeq);
      byInput.delete(message.inputSeq);
      place(message, slot);
    }
    for (const slot of byInput.values()) this.#messages.push(expected(slot));
    this.#messages = this.#messages
      .filter(({ inputSeq }) => !done.includes(inputSeq))
      .toSorted((a, b) => a.seq - b.seq);
  }

  /** Whether a message of this sequence is queued; it may be before the log delivers it. */
  has(inputSeq: number): boolean {
    return this.#messages.some((message) => message.inputSeq === inputSeq);
  }

  /** Removes a message. */
  remove(message: QueuedMessage): void {
    const index = this.#messages.indexOf(message);
    if (index >= 0) this.#messages.splice(index, 1);
  }
}

function isUnchanged({ seq, inputSeq, editSeq, removed }: QueuedMessage): boolean {
  return seq === inputSeq && editSeq === undefined && !removed;
}

function place(message: QueuedMessage, slot: QueueSlot | undefined): void {
  message.seq = slot?.seq ?? message.inputSeq;
  // The text has changed: re-read it from the log.
  if (message.editSeq !== slot?.edit_seq) message.input = null;
  message.editSeq = slot?.edit_seq;
  message.removed = slot?.cancelled === true;
  if (message.removed) message.phase = "cancelled";
  // Only announced messages can be changed.
  else if (slot !== undefined && message.phase === "received") message.phase = "waiting";
}

/** A message of which only the slot is known. */
function expected(slot: QueueSlot): QueuedMessage {
  return {
    seq: slot.seq,
    inputSeq: slot.input_seq,
    editSeq: slot.edit_seq,
    removed: slot.cancelled === true,
    arrival: { kind: "moved" },
    input: null,
    regenerates: false,
    clientMsgId: slot.client_msg_id,
    messageId: slot.message_id,
    replyId: slot.reply_id,
    phase: slot.cancelled === true ? "cancelled" : "waiting",
    replyBegun: true,
    failures: 0,
    trace: undefined,
  };
}
