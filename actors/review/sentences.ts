/** A piece shorter than this joins the next one: a lone "嗯。" is no sentence to be spoken by itself. */
const shortest = 4;

/** Where sentences end. To be used with `matchAll`, which keeps no place in it. */
export const sentenceEnd = /[。！？!?；;…]+["'”’」』）)]*|\n+|(?<=[\p{L}\p{N}"')])[.](?=\s|$)["')]*/gu;

/** Splits a text into sentences; nothing but white space at their edges is lost. */
export function splitSentences(text: string): string[] {
  const { sentences, end } = scanSentences(text);
  const rest = text.slice(end).trim();
  return rest === "" ? sentences : [...sentences, rest];
}

/** The sentences of a text that goes on behind a boundary, and where the last of them ends: what is too short waits. */
export function scanSentences(text: string): { sentences: string[]; end: number } {
  const sentences: string[] = [];
  let from = 0;
  const take = (end: number) => {
    const sentence = text.slice(from, end).trim();
    if (sentence.length < shortest) return;
    sentences.push(sentence);
    from = end;
  };
  for (const match of text.matchAll(sentenceEnd)) take(match.index + match[0].length);
  return { sentences, end: from };
}
