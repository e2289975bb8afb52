const block = [
  /^ {0,3}#{1,6}\s+\S/,
  /^ {0,3}(?:[-*_]\s*){3,}$/,
  /^\s*[-*+]\s+\S/,
  /^\s*\d{1,9}[.)]\s+\S/,
  /^ {0,3}>\s?/,
];
const inline = [/!?\[[^\]\n]*\]\([^()\s]+(?:\s+"[^"]*")?\)/, /\*\*[^*\s][^*]*\*\*/, /(?<!`)`[^`\n]+`(?!`)/];

/** Whether a line has to be shown by a Markdown renderer: headings, rules, lists, quotes, tables, links, images, bold, code. */
export function isMarkdownLine(line: string): boolean {
  return isTableRow(line) || block.some((form) => form.test(line)) || inline.some((form) => form.test(line));
}

/** A table row begins and ends with a bar, or is the line of dashes below the head. */
export function isTableRow(line: string): boolean {
  const text = line.trim();
  return /^\|.*\|$/.test(text) || /^\|?\s*:?-{3,}:?\s*(?:\|\s*:?-{3,}:?\s*)+\|?$/.test(text);
}
