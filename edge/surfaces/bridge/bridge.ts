import type { BridgeAddress, Platform } from "../../../schemas/documents/bridge.ts";
import type { Attachment } from "../../../schemas/wire/client-frame.ts";

/**
 * What became of a text that was given to a platform. `unsent`: it never left, or a repetition can't show twice, so it
 * is sent again. `unknown`: it left and nobody said what became of it. `refused`: the platform will not take it.
 * `later`: it will after a time.
 */
export type Delivery =
  | { kind: "sent" }
  | { kind: "unsent" }
  | { kind: "unknown" }
  | { kind: "later"; afterMs: number }
  | { kind: "refused"; reason: string };

/** A text of an answer. */
export interface OutboundText {
  address: BridgeAddress;
  /** Markdown; platforms whose `markup` is plain show it as it is. */
  text: string;
  /** Whether it begins the answer, and so shows what it answers. */
  first: boolean;
  /** The same for every repetition of this text, at most 48 characters. */
  key: string;
}

/** A message that came in. */
export interface InboundMessage {
  address: BridgeAddress;
  /** The same for every repetition of the message by its platform. */
  id: string;
  text: string;
  attachments: Attachment[];
  /** What it holds that can't be shown to a model, in words for its sender, such as `视频`. */
  unreadable: string[];
  /** The text quotes a message of somebody else. */
  quotesOthers?: true;
  /** Whether the bot is meant: always in private, in groups when it is addressed. */
  addressed: boolean;
  /**
   * Reads for its user what the message refers to and does not hold itself; called in the message's place in its chat.
   * @throws ParleyError whose text tells the sender why not
   */
  complete?: (user: string) => Promise<InboundMessage>;
}

/**
 * A chat platform: it turns its messages into {@link InboundMessage}s for `Inbound.take`, and sends what goes back.
 * Its traits stand in `schemas/platforms.ts`; splitting, waiting, repeating, binding and sessions are done for it.
 */
export interface Bridge {
  readonly platform: Platform;
  /** Sends one text of at most `textChars`. Never throws. */
  send(text: OutboundText): Promise<Delivery>;
}
