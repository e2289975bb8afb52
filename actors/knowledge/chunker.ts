import { estimateTokens } from "../models/tokens.ts";

/** A piece of a text: its characters `start` to `end`, and the headings that stand above it, outermost first. */
export interface Chunk {
  content: string;
  heading: string;
  start: number;
  end: number;
}

/** A chunk is filled up to this many tokens; embedding models see about 500. */
const chunkTokens = 220;
/** What begins a chunk anew within one section repeats this much of what stood before. */
const overlapTokens = 30;
/** Between the headings of a path. */
export const pathSeparator = " › ";
const maxHeadingChars = 200;
const headingLine = /^(#{1,6})[ \t]+(.+?)[ \t]*#*$/;
const fence = /^\s*(```|~~~)/;
const sentenceEnd = /[。！？；!?;…]+["'”’」』）)]*|(?<=\S)\.(?=\s)|\n+/gu;

interface Section {
  headings: string[];
  start: number;
  end: number;
}

/**
 * Cuts a text into chunks: one never spans two headings, and ends at a paragraph or sentence where it can. Offsets are
 * into `text`; nothing but white space and heading lines lies outside of all chunks.
 */
export function chunkText(text: string): Chunk[] {
  return sectionsOf(text).flatMap((section) => [...chunksOf(text, section)]);
}

function sectionsOf(text: string): Section[] {
  const sections: Section[] = [];
  const path: { level: number; title: string }[] = [];
  let open: Section = { headings: [], start: 0, end: 0 };
  let at = 0;
  let fenced = false;
  for (const line of text.split("\n")) {
    if (fence.test(line)) fenced = !fenced;
    const match = fenced ? null : headingLine.exec(line.trimEnd());
    if (match !== null) {
      open.end = at;
      sections.push(open);
      const level = (match[1] ?? "").length;
      while ((path.at(-1)?.level ?? 0) >= level) path.pop();
      path.push({ level, title: (match[2] ?? "").slice(0, maxHeadingChars) });
      open = { headings: path.map(({ title }) => title), start: at + line.length + 1, end: 0 };
    }
    at += line.length + 1;
  }
  open.end = text.length;
  sections.push(open);
  return sections.filter(({ start, end }) => text.slice(start, end).trim() !== "");
}

function* chunksOf(text: string, section: Section): Generator<Chunk> {
  const heading = section.headings.join(pathSeparator);
  let pieces: { start: number; end: number; tokens: number }[] = [];
  let tokens = 0;
  const flush = (): Chunk[] => {
    const [first, last] = [pieces[0], pieces.at(-1)];
    if (first === undefined || last === undefined) return [];
    const raw = text.slice(first.start, last.end);
    const content = raw.trim();
    const start = first.start + (raw.length - raw.trimStart().length);
    return content === "" ? [] : [{ content, heading, start, end: start + content.length }];
  };
  for (const piece of sentencesOf(text, section.start, section.end)) {
    if (tokens + piece.tokens > chunkTokens && pieces.length > 0) {
      yield* flush();
      const last = pieces.at(-1);
      const carries = last !== undefined && last.tokens <= overlapTokens;
      pieces = carries ? [last] : [];
      tokens = carries ? last.tokens : 0;
    }
    pieces.push(piece);
    tokens += piece.tokens;
  }
  yield* flush();
}

/** Sentences and lines with their place; what is longer than a chunk is cut at white space, or anywhere. */
function* sentencesOf(text: string, from: number, to: number) {
  let start = from;
  const part = text.slice(from, to);
  const ends = [...part.matchAll(sentenceEnd)].map((match) => from + match.index + match[0].length);
  for (const end of [...ends, to]) {
    if (end <= start) continue;
    yield* sized(text, start, end);
    start = end;
  }
}

function* sized(text: string, from: number, to: number) {
  let start = from;
  while (start < to) {
    // No more than a chunk could hold is looked at, or a line of megabytes would be counted over and over.
    const window = Math.min(to, start + 5 * chunkTokens);
    const tokens = estimateTokens(text.slice(start, window));
    if (window === to && tokens <= chunkTokens) {
      yield { start, end: to, tokens };
      return;
    }
    let end = start + Math.max(1, Math.floor(((window - start) * chunkTokens) / tokens));
    const space = text.lastIndexOf(" ", end);
    if (space > start + (end - start) / 2) end = space + 1;
    // Not between the halves of a surrogate pair.
    else if (/[\uDC00-\uDFFF]/.test(text[end] ?? "")) end += 1;
    yield { start, end, tokens: estimateTokens(text.slice(start, end)) };
    start = end;
  }
}
