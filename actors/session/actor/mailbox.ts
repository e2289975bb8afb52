import { currentTrace, type Trace } from "../../../infra/bus/trace.ts";
import type { QueueSlot, QueueState } from "../../../schemas/documents/session-queue.ts";
import type { MessageState, SessionInput } from "../../../schemas/messages/session-input.ts";
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
  /** Place at which its turn runs; differs from {@link inputSeq} where messages were moved. */
  seq: number;
  /** Sequence in the log that holds it. */
  inputSeq: number;
  /** Sequence of the change that holds its text, where it was edited. */
  editSeq?: number | undefined;
  /** Taken out of the queue: its turn leaves nothing in history. */
  removed: boolean;
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

/** A message at its place of the queue. */
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
  #messages: QueuedMessage[] = [];
  readonly #bodies: number;

  /** `bodies`: how many message bodies it keeps. */
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

  /** The message with this client id, or with this id of its own or of its reply. */
  find(id: string): QueuedMessage | undefined {
    return this.#messages.find(
      ({ clientMsgId, messageId, replyId }) => clientMsgId === id || messageId === id || replyId === id,
    );
  }

  /** Messages behind the cursor whose turn has not begun and that were not cancelled, in their order. */
  waiting(cursor: number): QueuedMessage[] {
    return this.#messages.filter(
      ({ seq, phase }) => seq > cursor && (phase === "waiting" || phase === "received"),
    );
  }

  /**
   * Puts the messages where the transcript says that they run; idempotent. A message that the log has not delivered yet
   * gets its place, and its body is read when due; one that is finished is dropped.
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

  /** Whether a message of this sequence is known already: its place was taken before the log delivered it. */
  has(inputSeq: number): boolean {
    return this.#messages.some((message) => message.inputSeq === inputSeq);
  }

  /** Takes a message out. */
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
  // Its text stands elsewhere now.
  if (message.editSeq !== slot?.edit_seq) message.input = null;
  message.editSeq = slot?.edit_seq;
  message.removed = slot?.cancelled === true;
  if (message.removed) message.phase = "cancelled";
  // Only messages that were shown can be changed.
  else if (slot !== undefined && message.phase === "received") message.phase = "waiting";
}

/** A message that is known by its place alone. */
function expected(slot: QueueSlot): QueuedMessage {
  return {
    seq: slot.seq,
    inputSeq: slot.input_seq,
    editSeq: slot.edit_seq,
    removed: slot.cancelled === true,
    arrival: { kind: "moved" },
    input: null,
    clientMsgId: slot.client_msg_id,
    messageId: slot.message_id,
    replyId: slot.reply_id,
    phase: slot.cancelled === true ? "cancelled" : "waiting",
    replyBegun: true,
    failures: 0,
    trace: undefined,
  };
}
