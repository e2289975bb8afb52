const fence = "```";

/**
 * Splits a text into parts of at most `chars` UTF-16 units: preferably after a paragraph, a line or a word,
 * and never within a character. A Markdown code block that is split is closed and reopened in the next part.
 * An empty text yields one empty part.
 */
export function messageParts(text: string, chars: number): string[] {
  const parts: string[] = [];
  let rest = text;
  while (rest.length > chars) {
    const end = cutAt(rest, chars);
    const open = openFence(rest.slice(0, end));
    // Reserve room for the line that closes the block.
    const room = chars - fence.length - 1;
    if (open === undefined || open.length + 1 >= room / 2) {
      parts.push(rest.slice(0, end));
      rest = rest.slice(end);
    } else {
      const inBlock = cutAt(rest, room);
      const still = openFence(rest.slice(0, inBlock));
      parts.push(
        still === undefined ? rest.slice(0, inBlock) : `${rest.slice(0, inBlock).trimEnd()}\n${fence}`,
      );
      rest = still === undefined ? rest.slice(inBlock) : `${still}\n${rest.slice(inBlock)}`;
    }
  }
  if (rest !== "" || parts.length === 0) parts.push(rest);
  return parts;
}

function cutAt(text: string, chars: number): number {
  // A break in the first half would yield many small parts.
  for (const separator of ["\n\n", "\n", " "]) {
    const at = text.lastIndexOf(separator, chars - separator.length);
    if (at + separator.length > chars / 2) return at + separator.length;
  }
  const code = text.charCodeAt(chars - 1);
  const isHighSurrogate = code >= 0xd800 && code <= 0xdbff;
  return isHighSurrogate ? chars - 1 : chars;
}

/** Returns the opening line of an unclosed code block. */
function openFence(text: string): string | undefined {
  let open: string | undefined;
  for (const line of text.split("\n"))
    if (line.startsWith(fence)) open = open === undefined ? line.trimEnd() : undefined;
  return open;
}
