import type { BridgeAddress, Platform } from "../../../schemas/documents/bridge.ts";
import type { Attachment } from "../../../schemas/wire/client-frame.ts";

/**
 * What became of a text that was given to a platform. `unsent`: it never left, so it may be sent again. `unknown`: it
 * left and nobody said what became of it. `refused`: the platform would not have it; `retryAfterMs`: not yet.
 */
export type Delivery =
  | { kind: "sent" }
  | { kind: "unsent" }
  | { kind: "unknown" }
  | { kind: "refused"; reason: string; retryAfterMs?: number };

/** A text of an answer. */
export interface OutboundText {
  address: BridgeAddress;
  text: string;
  /** Whether it begins the answer, and so shows what it answers. */
  first: boolean;
}

/** A message that came in. */
export interface InboundMessage {
  address: BridgeAddress;
  /** The same for every repetition of the message by its platform. */
  id: string;
  text: string;
  attachments: Attachment[];
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
 * A chat platform: one file that turns its messages into {@link InboundMessage}s for `Inbound.take`, and this for what
 * goes back. Its limits stand in `bridgeTraits`; splitting, waiting, repeating, binding and sessions are not its matter.
 */
export interface Bridge {
  readonly platform: Platform;
  /** Sends one text of at most `bridgeTraits[platform].textChars`. Never throws. */
  send(text: OutboundText): Promise<Delivery>;
}
