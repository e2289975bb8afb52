import type { SessionInput } from "../../../schemas/messages/session-input.ts";
import type { Arrival } from "../../runtime/keyed-actor.ts";

/** One unfinished message of a session. The body of one far back is dropped and read again from the log when due. */
export interface QueuedMessage {
  seq: number;
  arrival: Arrival;
  input: SessionInput | null;
  clientMsgId: string;
  messageId: string;
  replyId: string;
  /** Whether it was shown to the user's devices. */
  admitted: boolean;
  /** Whether frames of a reply may have gone out, here or by the owner before. */
  started: boolean;
  /** Stopped by the user before it ran. */
  cancelled: boolean;
}

/** The unfinished messages of a session, in the order of the log. Its bound is the log's own. */
export class Mailbox {
  readonly #mails: QueuedMessage[] = [];
  readonly #bodies: number;

  /** `bodies`: how many message bodies it keeps. */
  constructor(bodies: number) {
    this.#bodies = bodies;
  }

  /** Adds the newest message. */
  push(seq: number, arrival: Arrival, input: SessionInput): QueuedMessage {
    const mail: QueuedMessage = {
      seq,
      arrival,
      input,
      clientMsgId: input.client_msg_id,
      messageId: input.message_id,
      replyId: input.reply_id,
      admitted: false,
      started: arrival.kind !== "live",
      cancelled: false,
    };
    this.#mails.push(mail);
    return mail;
  }

  /** Drops the body of a message that was shown and is not due soon. */
  shed(mail: QueuedMessage): void {
    if (this.#mails.indexOf(mail) >= this.#bodies) mail.input = null;
  }

  /** The message that is due. */
  get head(): QueuedMessage | undefined {
    return this.#mails[0];
  }

  get size(): number {
    return this.#mails.length;
  }

  /** All of them, oldest first. */
  get mails(): readonly QueuedMessage[] {
    return this.#mails;
  }

  /** How many stand before it. */
  position(mail: QueuedMessage): number {
    return this.#mails.indexOf(mail);
  }

  /** The message with this client id, or with this id of its own or of its reply. */
  find(id: string): QueuedMessage | undefined {
    return this.#mails.find(
      (mail) => mail.clientMsgId === id || mail.messageId === id || mail.replyId === id,
    );
  }

  /** Takes a message out. */
  remove(mail: QueuedMessage): void {
    const index = this.#mails.indexOf(mail);
    if (index >= 0) this.#mails.splice(index, 1);
  }
}
