/**
 * Cuts a text into parts of at most `chars` UTF-16 units: where it can, after a line or a word; never within a
 * character. An empty text is one empty part.
 */
export function messageParts(text: string, chars: number): string[] {
  const parts: string[] = [];
  let rest = text;
  while (rest.length > chars) {
    const end = cut(rest, chars);
    parts.push(rest.slice(0, end));
    rest = rest.slice(end);
  }
  if (rest !== "" || parts.length === 0) parts.push(rest);
  return parts;
}

function cut(text: string, chars: number): number {
  // A break in the first half would make many small parts.
  for (const separator of ["\n", " "]) {
    const at = text.lastIndexOf(separator, chars - 1);
    if (at >= chars / 2) return at + 1;
  }
  const code = text.charCodeAt(chars - 1);
  const isHighSurrogate = code >= 0xd800 && code <= 0xdbff;
  return isHighSurrogate ? chars - 1 : chars;
}
