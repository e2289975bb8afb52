import type { Segment } from "../../../schemas/wire/review.ts";

/** How much of a spoken reply was played: the sentences before `index`, and `ms` of that one. */
export interface PlaybackPosition {
  index: number;
  ms: number;
}

/** A reply, as far as it was played. */
export interface PlayedReply {
  text: string;
  segments: Segment[];
}

const words = new Intl.Segmenter(undefined, { granularity: "word" });

/**
 * Truncates a reply to what was played; a partly played sentence ends at the current word. Unspoken text (actions, code)
 * before that point stays. `whole`: the reply has no more sentences than these.
 */
export function truncateAt(reply: PlayedReply, { index, ms }: PlaybackPosition, whole: boolean): PlayedReply {
  if (whole && index >= reply.segments.length) return reply;
  const segments: Segment[] = [];
  let end = 0;
  for (const segment of reply.segments) {
    if (segment.index > index) break;
    const full = segment.index < index;
    const played = full ? segment.text : wordsBefore(segment, ms);
    if (played === "") break;
    end = endOf(reply.text, end, played) ?? end;
    segments.push(full || played === segment.text ? segment : { index: segment.index, text: played });
  }
  return { text: reply.text.slice(0, end).trim(), segments };
}

/** The words of a sentence that had begun after `ms`; none of a sentence without audio. */
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

/** Where a sentence ends in the reply that it comes from, which may differ from it in white space. */
function endOf(text: string, from: number, sentence: string): number | undefined {
  const wanted = sentence.replaceAll(/\s/g, "");
  for (let start = from; start < text.length; start++) {
    if (text[start] !== wanted[0]) continue;
    let at = start;
    let found = 0;
    while (found < wanted.length && at < text.length) {
      const character = text[at] ?? "";
      if (character === wanted[found]) found += 1;
      else if (!/\s/.test(character)) break;
      at += 1;
    }
    if (found === wanted.length) return at;
  }
  return undefined;
}
