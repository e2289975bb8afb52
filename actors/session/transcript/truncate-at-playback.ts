import type { Segment } from "../../../schemas/wire/review.ts";

/** How much of a spoken reply was heard: the sentences before `index`, and `ms` of that one. */
export interface Heard {
  index: number;
  ms: number;
}

/** A reply, as far as it was heard. */
export interface HeardReply {
  text: string;
  segments: Segment[];
}

const words = new Intl.Segmenter(undefined, { granularity: "word" });

/**
 * Cuts a reply at what was heard of it, a sentence of which a part was heard at the word that was being said. What is
 * not spoken stays where it stands before that. `whole`: the reply has no more sentences than these.
 */
export function heardOf(reply: HeardReply, { index, ms }: Heard, whole: boolean): HeardReply {
  if (whole && index >= reply.segments.length) return reply;
  const segments: Segment[] = [];
  let end = 0;
  for (const segment of reply.segments) {
    if (segment.index > index) break;
    const full = segment.index < index;
    const said = full ? segment.text : wordsBefore(segment, ms);
    if (said === "") break;
    end = endOf(reply.text, end, said) ?? end;
    segments.push(full || said === segment.text ? segment : { index: segment.index, text: said });
  }
  return { text: reply.text.slice(0, end).trim(), segments };
}

/** The words of a sentence that had begun after `ms`. One that was not played has no length. */
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
