const block = [
  /^ {0,3}#{1,6}\s+\S/,
  /^ {0,3}(?:[-*_]\s*){3,}$/,
  /^\s*[-*+]\s+\S/,
  /^\s*\d{1,9}[.)]\s+\S/,
  /^ {0,3}>\s?/,
];
const inline = [/\*\*[^*\s][^*]*\*\*/, /(?<!`)`[^`\n]+`(?!`)/];

/**
 * Whether a line needs a Markdown renderer: headings, rules, lists, quotes, tables, links, images, bold,
 * code. Linear in the length of the line.
 */
export function isMarkdownLine(line: string): boolean {
  return (
    isTableRow(line) ||
    block.some((form) => form.test(line)) ||
    inline.some((form) => form.test(line)) ||
    hasLink(line)
  );
}

/** A table row starts and ends with a bar, or is the delimiter row below the header. */
export function isTableRow(line: string): boolean {
  const text = line.trim();
  return /^\|.*\|$/.test(text) || /^\|?\s*:?-{3,}:?\s*(?:\|\s*:?-{3,}:?\s*)+\|?$/.test(text);
}

/** Whether a line contains `[text](target)` or `[text](target "title")`. */
function hasLink(line: string): boolean {
  let open = false;
  for (let at = 0; at < line.length; at++) {
    const character = line[at];
    if (character === "[") open = true;
    else if (character === "\n") open = false;
    else if (character === "]") {
      if (open && line[at + 1] === "(" && isLinkTarget(line, at + 2)) return true;
      open = false;
    }
  }
  return false;
}

/** Whether a link target is closed; stops at the next bracket, so no character is read more than twice. */
function isLinkTarget(line: string, from: number): boolean {
  let at = from;
  while (at < line.length && !/[()\s]/.test(line[at] ?? "")) at += 1;
  if (at === from) return false;
  if (line[at] === ")") return true;
  const title = at;
  while (/\s/.test(line[at] ?? "")) at += 1;
  if (at === title || line[at] !== '"') return false;
  const close = line.indexOf('"', at + 1);
  return close >= 0 && line[close + 1] === ")";
}
