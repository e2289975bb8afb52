import { estimateTokens } from "../models/tokens.ts";

/** A chunk of text: characters `start` to `end`, and its headings, outermost first. */
export interface Chunk {
  content: string;
  heading: string;
  start: number;
  end: number;
}

/** Maximum tokens of a chunk; embedding models accept about 500. */
const chunkTokens = 220;
/** Overlap of consecutive chunks in a section, tokens. */
const overlapTokens = 30;
/** Separator of headings in a path. */
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
 * Splits a text into chunks. A chunk never spans two headings and ends at a paragraph or sentence if
 * possible. Offsets are into `text`; only white space and heading lines are outside of chunks.
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

/** Sentences and lines with offsets; longer ones than a chunk are split at white space, or anywhere. */
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
    // Limit the window to about one chunk, to avoid quadratic counting in very long lines.
    const window = Math.min(to, start + 5 * chunkTokens);
    const tokens = estimateTokens(text.slice(start, window));
    if (window === to && tokens <= chunkTokens) {
      yield { start, end: to, tokens };
      return;
    }
    let end = start + Math.max(1, Math.floor(((window - start) * chunkTokens) / tokens));
    const space = text.lastIndexOf(" ", end);
    if (space > start + (end - start) / 2) end = space + 1;
    // Don't split a surrogate pair.
    else if (/[\uDC00-\uDFFF]/.test(text[end] ?? "")) end += 1;
    yield { start, end, tokens: estimateTokens(text.slice(start, end)) };
    start = end;
  }
}
