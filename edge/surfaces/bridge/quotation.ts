/** Longest quoted text that goes into a message, characters. */
const quotedChars = 2_000;
const nameChars = 64;

/** Text before a message that shows what it answers: each line is marked as a quotation of somebody else's words. */
export function quotation(author: string | undefined, text: string): string {
  const name = cut((author ?? "").trim().replace(/\s+/g, " ") || "?", nameChars);
  const lines = `${name}: ${cut(text.trim(), quotedChars)}`.split("\n");
  return lines.map((line) => `> ${line}`).join("\n");
}

/** A message below what it answers. */
export function withQuotation(quoted: string, text: string): string {
  return `${quoted}\n\n${text}`.trim();
}

function cut(text: string, chars: number): string {
  return text.length <= chars ? text : `${text.slice(0, chars).replace(/[\uD800-\uDBFF]$/, "")}…`;
}
