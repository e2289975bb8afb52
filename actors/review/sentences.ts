/** A piece shorter than this joins the next one: "嗯。" alone is not spoken as a sentence. */
const shortest = 4;

/** Where sentences end. To be used with `matchAll`, which keeps no position in it. */
export const sentenceEnd = /[。！？!?；;…]+["'”’」』）)]*|\n+|(?<=[\p{L}\p{N}"')])[.](?=\s|$)["')]*/gu;

/** Splits a text into sentences; only white space at their edges is dropped. */
export function splitSentences(text: string): string[] {
  const { sentences, end } = scanSentences(text);
  const rest = text.slice(end).trim();
  return rest === "" ? sentences : [...sentences, rest];
}

/** The complete sentences of a text, and where the last of them ends; one that is too short waits for the next. */
export function scanSentences(text: string): { sentences: string[]; end: number } {
  const sentences: string[] = [];
  let from = 0;
  for (const match of text.matchAll(sentenceEnd)) {
    const end = match.index + match[0].length;
    // White space belongs to no sentence; skipped once, it is not read again at the next end.
    while (from < end && isSpace(text.charCodeAt(from))) from += 1;
    const sentence = text.slice(from, end).trimEnd();
    if (sentence.length < shortest) continue;
    sentences.push(sentence);
    from = end;
  }
  return { sentences, end: from };
}

function isSpace(unit: number): boolean {
  return unit === 0x20 || (unit >= 0x09 && unit <= 0x0d) || unit === 0x3000 || unit === 0xa0;
}
