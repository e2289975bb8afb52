import type { BridgeAddress } from "../../../schemas/documents/bridge.ts";
import type { Attachment } from "../../../schemas/wire/client-frame.ts";
import type { OnebotMessage, OnebotSegment } from "../../../schemas/wire/onebot.ts";
import type { InboundMessage, OutboundText } from "./bridge.ts";

/** Most images of one message. */
export const maxImages = 8;

/** What a message of QQ holds beside what every bridge hands on. */
export interface OnebotInbound extends InboundMessage {
  /** The message that it quotes. */
  quotes: string | undefined;
  /** Its spoken words, as a segment. */
  speech: OnebotSegment | undefined;
}

/** A message of QQ as a bridge hands it on. `isOurs`: whether a quoted message is one of the bot's. */
export function inboundOf(message: OnebotMessage, isOurs: (messageId: string) => boolean): OnebotInbound {
  const segments = typeof message.message === "string" ? parseCq(message.message) : message.message;
  const { self_id, user_id, group_id, message_id, message_type, time } = message;
  const group = message_type === "group";
  const address: BridgeAddress = {
    platform: "qq",
    self: self_id,
    kind: message_type,
    chat: group ? (group_id ?? user_id) : user_id,
    sender: user_id,
    message: message_id,
  };
  const meant = segments.some((segment) => {
    if (segment.type === "at") return field(segment, "qq") === self_id;
    return segment.type === "reply" && isOurs(field(segment, "id"));
  });
  const quoted = segments.find(({ type }) => type === "reply");
  return {
    ...contentOf(segments, self_id),
    address,
    // Clients that start again may count their messages from the beginning.
    id: `qq_${self_id}_${message_id}_${Math.trunc(time ?? 0)}`,
    addressed: !group || meant,
    quotes: (quoted && field(quoted, "id")) || undefined,
    speech: segments.find(({ type }) => type === "record"),
  };
}

/** Text and images of a message's segments; an image that can't be had is named in the text. */
export function contentOf(
  segments: readonly OnebotSegment[],
  self: string,
): Pick<InboundMessage, "text" | "attachments"> {
  const said = segments
    .map((segment) => textOf(segment, self))
    .join("")
    .trim();
  const images = segments.filter(({ type }) => type === "image");
  const attachments = images.flatMap(imageOf).slice(0, maxImages);
  const missing = Array.from({ length: images.length - attachments.length }, () => "[图片无法读取]");
  return { text: [said, ...missing].filter((part) => part !== "").join("\n"), attachments };
}

/** An answer as segments: nothing of its text is ever read as a CQ code. */
export function segmentsOf({ address, text, first }: OutboundText, quote = true): OnebotSegment[] {
  const segments: OnebotSegment[] = [];
  if (first && quote) segments.push({ type: "reply", data: { id: address.message } });
  if (first && address.kind === "group") {
    segments.push({ type: "at", data: { qq: address.sender } }, { type: "text", data: { text: " " } });
  }
  return [...segments, { type: "text", data: { text } }];
}

/** Segments of a text with CQ codes: `[CQ:type,key=value,…]`. */
export function parseCq(text: string): OnebotSegment[] {
  const segments: OnebotSegment[] = [];
  let end = 0;
  for (const match of text.matchAll(/\[CQ:([\w.-]+)((?:,[^,\]]*)*)\]/g)) {
    if (match.index > end) segments.push(plain(text.slice(end, match.index)));
    const pairs = (match[2] ?? "").split(",").slice(1);
    const data = pairs.map((pair): [string, string] => {
      const at = pair.indexOf("=");
      return [pair.slice(0, at), unescapeCq(pair.slice(at + 1))];
    });
    segments.push({ type: match[1] ?? "", data: Object.fromEntries(data) });
    end = match.index + match[0].length;
  }
  if (end < text.length) segments.push(plain(text.slice(end)));
  return segments;
}

function plain(text: string): OnebotSegment {
  return { type: "text", data: { text: unescapeCq(text) } };
}

function unescapeCq(text: string): string {
  return text
    .replaceAll("&#44;", ",")
    .replaceAll("&#91;", "[")
    .replaceAll("&#93;", "]")
    .replaceAll("&amp;", "&");
}

/** A value of a segment's data as text, "" where there is none. */
export function field({ data }: OnebotSegment, name: string): string {
  const value = data?.[name];
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

function textOf(segment: OnebotSegment, self: string): string {
  if (segment.type === "text") return field(segment, "text");
  if (segment.type !== "at") return "";
  const qq = field(segment, "qq");
  return qq === self ? "" : `@${qq === "all" ? "全体成员" : qq} `;
}

function imageOf(segment: OnebotSegment): Attachment[] {
  if (segment.type !== "image") return [];
  const candidates = [field(segment, "url"), field(segment, "file")];
  const remote = candidates.find((one) => /^https?:\/\//i.test(one) && one.length <= 2_048);
  if (remote !== undefined) return [{ type: "image", url: remote }];
  const inline = candidates.find((one) => one.startsWith("base64://"))?.slice("base64://".length);
  if (inline === undefined) return [];
  return [{ type: "image", url: `data:${mimeOf(inline)};base64,${inline}` }];
}

/** Kind of an image by the first characters of its base64 text. */
function mimeOf(base64: string): string {
  if (base64.startsWith("iVBOR")) return "image/png";
  if (base64.startsWith("R0lGOD")) return "image/gif";
  return base64.startsWith("UklGR") ? "image/webp" : "image/jpeg";
}
