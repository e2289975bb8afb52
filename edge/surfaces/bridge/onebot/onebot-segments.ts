import type { Attachment } from "../../../../schemas/wire/client-frame.ts";
import type { OnebotContent, OnebotSegment } from "../../../../schemas/wire/onebot.ts";

/** Most images of one message. */
export const maxImages = 8;

/** The content of segments, grouped by how a model can receive it. */
export interface SegmentContent {
  text: string;
  attachments: Attachment[];
  unreadable: string[];
}

/**
 * Content of one segment: text, or an unsupported kind. Images, speech and forwards are handled elsewhere.
 */
interface Reading {
  text?: string;
  unreadable?: string;
}

const kinds: Readonly<Record<string, (segment: OnebotSegment, self: string) => Reading>> = {
  text: (segment) => ({ text: field(segment, "text") }),
  at: (segment, self) => {
    const qq = field(segment, "qq");
    return qq === self ? {} : { text: `@${qq === "all" ? "全体成员" : qq} ` };
  },
  face: () => ({ text: "[表情]" }),
  mface: (segment) => ({ text: field(segment, "summary") || "[表情]" }),
  rps: () => ({ text: "[猜拳]" }),
  dice: () => ({ text: "[骰子]" }),
  share: (segment) => ({ text: `[分享: ${field(segment, "title")} ${field(segment, "url")}]` }),
  location: (segment) => ({
    text: `[位置: ${field(segment, "title")} ${field(segment, "lat")}, ${field(segment, "lon")}]`,
  }),
  markdown: (segment) => ({ text: field(segment, "content") }),
  contact: () => ({ unreadable: "名片" }),
  video: () => ({ unreadable: "视频" }),
  file: () => ({ unreadable: "文件" }),
  music: () => ({ unreadable: "音乐" }),
  json: () => ({ unreadable: "卡片消息" }),
  xml: () => ({ unreadable: "卡片消息" }),
  image: () => ({}),
  record: () => ({}),
  forward: () => ({}),
  reply: () => ({}),
};

/**
 * Collects text, images and unsupported kinds of segments; an image that can't be loaded is named in the
 * text.
 */
export function contentOf(segments: readonly OnebotSegment[], self: string): SegmentContent {
  const readings = segments.map(
    (segment): Reading => kinds[segment.type]?.(segment, self) ?? { unreadable: "该类消息" },
  );
  const said = readings
    .map(({ text = "" }) => text)
    .join("")
    .trim();
  const images = segments.filter(({ type }) => type === "image");
  const attachments = images.flatMap(imageOf).slice(0, maxImages);
  const missing = Array.from({ length: images.length - attachments.length }, () => "[图片无法读取]");
  const unreadable = readings.flatMap(({ unreadable: kind }) => (kind === undefined ? [] : [kind]));
  return {
    text: [said, ...missing].filter((part) => part !== "").join("\n"),
    attachments,
    unreadable: [...new Set(unreadable)],
  };
}

/** The segments of a message's content. */
export function segmentsIn(content: OnebotContent): OnebotSegment[] {
  return typeof content === "string" ? parseCq(content) : content;
}

/** Parses a text with CQ codes into segments: `[CQ:type,key=value,…]`. */
function parseCq(text: string): OnebotSegment[] {
  const segments: OnebotSegment[] = [];
  let end = 0;
  for (const match of text.matchAll(/\[CQ:([\w.-]{1,32})((?:,[^,\]]*)*)\]/g)) {
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

/** A value of a segment's data as text, "" when missing. */
export function field({ data }: OnebotSegment, name: string): string {
  const value = data?.[name];
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

function imageOf(segment: OnebotSegment): Attachment[] {
  const candidates = [field(segment, "url"), field(segment, "file")];
  const remote = candidates.find((one) => /^https?:\/\//i.test(one) && one.length <= 2_048);
  if (remote !== undefined) return [{ type: "image", url: remote }];
  const inline = candidates.find((one) => one.startsWith("base64://"))?.slice("base64://".length);
  if (inline === undefined) return [];
  return [{ type: "image", url: `data:${mimeOf(inline)};base64,${inline}` }];
}

/** Detects an image type by the first characters of its base64 text. */
function mimeOf(base64: string): string {
  if (base64.startsWith("iVBOR")) return "image/png";
  if (base64.startsWith("R0lGOD")) return "image/gif";
  return base64.startsWith("UklGR") ? "image/webp" : "image/jpeg";
}
