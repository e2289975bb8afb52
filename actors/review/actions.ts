import type { Piece } from "./piece.ts";

/** The older form of an action: a bracket on one line. */
const bracket = /（([^（）\n]{1,200})）|\(([^()\n]{1,200})\)/g;
const wordBefore = /[\p{L}\p{N}\]"'”’]$/u;
/** After these a sentence is over, or none has begun. */
const betweenSentences = /(?:^|[.!?。！？…~～♪])\s*$/u;
const hasWord = /[\p{L}]/u;

/**
 * Splits a line of chat at actions in brackets. A bracket within a sentence is an aside or an annotation and stays
 * text; an action begins the line or a sentence, or ends the line.
 */
export function splitActions(line: string): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (const match of line.matchAll(bracket)) {
    const content = match[1] ?? match[2] ?? "";
    const end = match.index + match[0].length;
    const before = line.slice(from, match.index);
    const isLast = line.slice(end).trim() === "";
    // Half-width brackets are those of formulas and of English asides, too.
    const inSentence =
      match[2] === undefined
        ? wordBefore.test(before) && !isLast
        : !betweenSentences.test(before) && (!isLast || !/\s$/.test(before));
    if (inSentence || !hasWord.test(content)) continue;
    chat(pieces, before);
    pieces.push({ type: "action", content: content.trim() });
    from = end;
  }
  chat(pieces, line.slice(from));
  return pieces;
}

function chat(pieces: Piece[], text: string): void {
  if (text.trim() !== "") pieces.push({ type: "chat", content: text.trim() });
}
