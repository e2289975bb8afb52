import type { BridgeAddress } from "../../../../schemas/documents/bridge.ts";
import type { OnebotMessage, OnebotSegment } from "../../../../schemas/wire/onebot.ts";
import type { InboundMessage, OutboundText } from "../bridge.ts";
import { contentOf, field, segmentsIn } from "./onebot-segments.ts";

/** A QQ message, and what must be requested from the client. */
export interface OnebotInbound extends Omit<InboundMessage, "complete"> {
  /** Id of the quoted message. */
  quotes: string | undefined;
  /** Its recording, as a segment. */
  speech: OnebotSegment | undefined;
  /** Id of its merged forward. */
  forward: string | undefined;
}

/** Converts a QQ message for the bridge. `isOurs`: whether a quoted message is known to be the bot's. */
export function inboundOf(message: OnebotMessage, isOurs: (messageId: string) => boolean): OnebotInbound {
  const segments = segmentsIn(message.message);
  const { self_id, message_id, message_type, time } = message;
  const find = (wanted: string) => segments.find(({ type }) => type === wanted);
  const quoted = find("reply");
  const quotes = (quoted && field(quoted, "id")) || undefined;
  const meant = segments.some((segment) => segment.type === "at" && field(segment, "qq") === self_id);
  const forward = find("forward");
  return {
    ...contentOf(segments, self_id),
    address: addressOf(message),
    // Clients may restart their message ids at zero.
    id: `qq_${self_id}_${message_id}_${Math.trunc(time ?? 0)}`,
    addressed: message_type === "private" || meant || (quotes !== undefined && isOurs(quotes)),
    quotes,
    speech: find("record"),
    forward: (forward && (field(forward, "id") || field(forward, "resid"))) || undefined,
  };
}

/**
 * A private chat that began in a group is answered through the group: its sender may not be a friend of the
 * bot.
 */
function addressOf({ self_id, user_id, group_id, message_id, message_type, sub_type }: OnebotMessage) {
  const group = message_type === "group";
  const over = !group && sub_type === "group" ? group_id : undefined;
  const address: BridgeAddress = {
    platform: "qq",
    self: self_id,
    kind: message_type,
    chat: group ? (group_id ?? user_id) : user_id,
    sender: user_id,
    message: message_id,
    ...(over && { thread: over }),
  };
  return address;
}

/** A reply as segments: its text is never parsed for CQ codes. */
export function segmentsOf({ address, text, first }: OutboundText, quote = true): OnebotSegment[] {
  const segments: OnebotSegment[] = [];
  if (first && quote) segments.push({ type: "reply", data: { id: address.message } });
  if (first && address.kind === "group") {
    segments.push({ type: "at", data: { qq: address.sender } }, { type: "text", data: { text: " " } });
  }
  return [...segments, { type: "text", data: { text } }];
}
