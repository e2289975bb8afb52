/** A piece shorter than this joins the next one: a lone "嗯。" is no sentence to be spoken by itself. */
const shortest = 4;
const boundary = /[。！？!?；;…]+["'”’」』）)]*|\n+|(?<=[\p{L}\p{N}"')])[.](?=\s|$)["')]*/gu;

/** Splits a text into sentences; nothing but white space at their edges is lost. */
export function splitSentences(text: string): string[] {
  const sentences: string[] = [];
  let from = 0;
  for (const match of text.matchAll(boundary)) {
    const end = match.index + match[0].length;
    const sentence = text.slice(from, end).trim();
    if (sentence.length < shortest) continue;
    sentences.push(sentence);
    from = end;
  }
  const rest = text.slice(from).trim();
  if (rest !== "") sentences.push(rest);
  return sentences;
}
