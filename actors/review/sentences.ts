/** Shorter sentences are joined with the next one: "嗯。" is not spoken alone. */
const shortest = 4;

/** Matches sentence ends. Use with `matchAll`, which does not modify `lastIndex`. */
export const sentenceEnd = /[。！？!?；;…]+["'”’」』）)]*|\n+|(?<=[\p{L}\p{N}"')])[.](?=\s|$)["')]*/gu;

/** Splits a text into trimmed sentences. */
export function splitSentences(text: string): string[] {
  const { sentences, end } = scanSentences(text);
  const rest = text.slice(end).trim();
  return rest === "" ? sentences : [...sentences, rest];
}

/** The complete sentences of a text, and the end of the last one; short ones are joined with the next. */
export function scanSentences(text: string): { sentences: string[]; end: number } {
  const sentences: string[] = [];
  let from = 0;
  for (const match of text.matchAll(sentenceEnd)) {
    const end = match.index + match[0].length;
    // Skip white space between sentences only once.
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
