import type { BridgeAddress, Platform } from "../../../schemas/documents/bridge.ts";
import type { Attachment } from "../../../schemas/wire/client-frame.ts";

/**
 * Result of sending a text to a platform. `unsent`: not sent, or safe to repeat, so it is retried. `unknown`:
 * sent without a response. `refused`: the platform rejects it. `later`: retry after a delay.
 */
export type Delivery =
  | { kind: "sent" }
  | { kind: "unsent" }
  | { kind: "unknown" }
  | { kind: "later"; afterMs: number }
  | { kind: "refused"; reason: string };

/** A text part of a reply. */
export interface OutboundText {
  address: BridgeAddress;
  /** Markdown; platforms with plain `markup` show it unchanged. */
  text: string;
  /** Whether it is the first part, which quotes the message it answers. */
  first: boolean;
  /** Idempotency key of this text, at most 48 characters. */
  key: string;
}

/** An incoming message. */
export interface InboundMessage {
  address: BridgeAddress;
  /** The same for every redelivery of the message by its platform. */
  id: string;
  text: string;
  attachments: Attachment[];
  /** Content that can't be passed to a model, named for its sender, such as `视频`. */
  unreadable: string[];
  /** The text quotes another person's message. */
  quotesOthers?: true;
  /** Whether the bot is addressed: always in private, in groups when mentioned. */
  addressed: boolean;
  /**
   * Loads for its user what the message refers to (media, quotation); called when the message is next in its
   * chat.
   * @throws ParleyError whose text tells the sender the reason
   */
  complete?: (user: string) => Promise<InboundMessage>;
}

/**
 * A chat platform: it converts its messages to {@link InboundMessage}s for `Inbound.take`, and sends replies.
 * Its traits are in `schemas/platforms.ts`; splitting, waiting, retries, binding and sessions are shared by
 * all platforms.
 */
export interface Bridge {
  readonly platform: Platform;
  /** Sends one text of at most `textChars`. Never throws. */
  send(text: OutboundText): Promise<Delivery>;
}
