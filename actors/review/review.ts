import type { MsgType } from "../../schemas/documents/message.ts";
import type { ReviewMessage, Segment } from "../../schemas/wire/review.ts";
import type { Piece } from "./piece.ts";
import { ReviewParser } from "./review-parser.ts";
import { splitSentences } from "./sentences.ts";

const maxDelayMs = 1_500;
const msPerWideCharacter = 60;
const msPerCharacter = 20;

/** The pieces of a reply in order, each delayed by the reading time of the previous one. */
export function reviewOf(text: string): ReviewMessage[] {
  const parser = new ReviewParser();
  parser.push(text);
  return parser.end().map((piece, index) => ({ ...piece, delay_ms: index === 0 ? 0 : readingTime(piece) }));
}

/** The spoken sentences: plain chat, never an action, Markdown or code. */
export function segmentsOf(review: readonly ReviewMessage[]): Segment[] {
  return review
    .flatMap((message) => (message.type === "chat" ? splitSentences(message.content) : []))
    .map((text, index) => ({ index, text }));
}

/** Message type of the reply as a single message. */
export function msgTypeOf(review: readonly ReviewMessage[]): MsgType {
  const kinds = new Set(review.map(({ type }) => (type === "search_result" ? "markdown" : type)));
  const [only] = kinds;
  if (kinds.size === 1 && only !== undefined) return only;
  return kinds.has("markdown") || kinds.has("code") ? "markdown" : "chat";
}

function readingTime({ content }: Piece): number {
  const wide = (Buffer.byteLength(content) - content.length) / 2;
  return Math.min(
    maxDelayMs,
    Math.round(wide * msPerWideCharacter + (content.length - wide) * msPerCharacter),
  );
}
