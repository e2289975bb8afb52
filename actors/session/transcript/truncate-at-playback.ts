import type { Segment } from "../../../schemas/wire/review.ts";

/** Playback position in a spoken reply: all sentences before `index`, and `ms` of that one. */
export interface PlaybackPosition {
  index: number;
  ms: number;
}

/** The played part of a reply. */
export interface PlayedReply {
  text: string;
  segments: Segment[];
}

/** Maximum number of sentences not found in the text of their reply. */
const maxMisses = 8;

const words = new Intl.Segmenter(undefined, { granularity: "word" });

/**
 * Truncates a reply to what was played; a partly played sentence ends at the current word. Unspoken text
 * (actions, code) before that point stays. `whole`: the reply has no more sentences than these.
 */
export function truncateAt(reply: PlayedReply, { index, ms }: PlaybackPosition, whole: boolean): PlayedReply {
  if (whole && index >= reply.segments.length) return reply;
  const segments: Segment[] = [];
  let end = 0;
  let misses = 0;
  for (const segment of reply.segments) {
    if (segment.index > index) break;
    const full = segment.index < index;
    const played = full ? segment.text : wordsBefore(segment, ms);
    if (played === "") break;
    const found = endOf(reply.text, end, played);
    // A sentence missing in the text costs a scan of the whole rest.
    if (found === undefined) misses += 1;
    if (misses > maxMisses) break;
    end = found ?? end;
    segments.push(full || played === segment.text ? segment : { index: segment.index, text: played });
  }
  return { text: reply.text.slice(0, end).trim(), segments };
}

/** The words of a sentence started within `ms`; none if it has no audio. */
function wordsBefore({ text, duration_ms }: Segment, ms: number): string {
  if (duration_ms === undefined || duration_ms === 0) return "";
  const until = Math.min(1, ms / duration_ms) * text.length;
  let end = 0;
  for (const { index, segment } of words.segment(text)) {
    if (index >= until) break;
    end = index + segment.length;
  }
  return text.slice(0, end).trimEnd();
}

/** End of a sentence in its reply, ignoring differences in white space. Linear in both. */
function endOf(text: string, from: number, sentence: string): number | undefined {
  const wanted = sentence.replaceAll(/\s/g, "");
  const fallback = borders(wanted);
  let found = 0;
  for (let at = from; at < text.length; at++) {
    const character = text[at] ?? "";
    if (/\s/.test(character)) continue;
    while (found > 0 && character !== wanted[found]) found = fallback[found - 1] ?? 0;
    if (character === wanted[found]) found += 1;
    if (found === wanted.length) return at + 1;
  }
  return undefined;
}

/** For each prefix of a text the length of its longest proper border (Knuth, Morris and Pratt). */
function borders(text: string): number[] {
  const lengths = [0];
  let length = 0;
  for (let at = 1; at < text.length; at++) {
    while (length > 0 && text[at] !== text[length]) length = lengths[length - 1] ?? 0;
    if (text[at] === text[length]) length += 1;
    lengths.push(length);
  }
  return lengths;
}
