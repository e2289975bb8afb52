import type { Piece } from "./piece.ts";

/** Legacy form of an action: brackets on one line. */
const bracket = /（([^（）\n]{1,200})）|\(([^()\n]{1,200})\)/g;
const endsWord = /[\p{L}\p{N}\]"'”’]/u;
/** Sentence terminators. */
const sentenceEnds = new Set(".!?。！？…~～♪".split(""));
const hasWord = /[\p{L}]/u;

/**
 * Splits a line of chat at actions in brackets. Brackets inside a sentence are an aside and stay text; an
 * action starts the line or a sentence, or ends the line. Linear in the length of the line.
 */
export function splitActions(line: string): Piece[] {
  const pieces: Piece[] = [];
  const lineEnd = line.trimEnd().length;
  let from = 0;
  for (const match of line.matchAll(bracket)) {
    const content = match[1] ?? match[2] ?? "";
    const { index } = match;
    const end = index + match[0].length;
    const isLast = end >= lineEnd;
    // Half-width brackets also occur in formulas and English asides.
    const inSentence =
      match[2] === undefined
        ? followsWord(line, from, index) && !isLast
        : !isBetweenSentences(line, from, index) && (!isLast || !followsSpace(line, from, index));
    if (inSentence || !hasWord.test(content)) continue;
    addChat(pieces, line.slice(from, index));
    pieces.push({ type: "action", content: content.trim() });
    from = end;
  }
  addChat(pieces, line.slice(from));
  return pieces;
}

function addChat(pieces: Piece[], text: string): void {
  const content = text.trim();
  if (content !== "") pieces.push({ type: "chat", content });
}

/** Whether a word ends right before `at`. */
function followsWord(line: string, from: number, at: number): boolean {
  if (at <= from) return false;
  const unit = line.charCodeAt(at - 1);
  const isLowSurrogate = unit >= 0xdc00 && unit <= 0xdfff && at - 1 > from;
  return endsWord.test(line.slice(isLowSurrogate ? at - 2 : at - 1, at));
}

function followsSpace(line: string, from: number, at: number): boolean {
  return at > from && /\s/.test(line[at - 1] ?? "");
}

/** Whether `at` is between sentences, starting from `from`. */
function isBetweenSentences(line: string, from: number, at: number): boolean {
  let before = at;
  while (before > from && /\s/.test(line[before - 1] ?? "")) before -= 1;
  return before === from || sentenceEnds.has(line[before - 1] ?? "");
}
