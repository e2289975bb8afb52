/** Longest quotation included in a message, characters. */
const quotedChars = 2_000;
const nameChars = 64;

/** The quotation placed before a message: every line is marked as another person's words. */
export function quotation(author: string | undefined, text: string): string {
  const name = cut((author ?? "").trim().replace(/\s+/g, " ") || "?", nameChars);
  const lines = `${name}: ${cut(text.trim(), quotedChars)}`.split("\n");
  return lines.map((line) => `> ${line}`).join("\n");
}

/** A message below its quotation. */
export function withQuotation(quoted: string, text: string): string {
  return `${quoted}\n\n${text}`.trim();
}

function cut(text: string, chars: number): string {
  return text.length <= chars ? text : `${text.slice(0, chars).replace(/[\uD800-\uDBFF]$/, "")}…`;
}
