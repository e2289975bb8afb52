import type { Passage } from "../../../schemas/documents/knowledge.ts";
import { placeLine } from "../../text/citation.ts";

/** The source of a passage: its number, document and place. */
export function sourceLine(passage: Passage, number: number): string {
  return `[${number}] ${placeLine(passage)}`;
}

const code = /```[\s\S]*?(?:```|$)|`[^`\n]*`/g;
const reference = /\[(\d{1,3}(?:\s*[,，、]\s*\d{1,3})*)\]/g;

/**
 * The sources that a reply cites by number outside of code, to be appended to it; empty when it cites none.
 */
export function citedSources(text: string, passages: readonly Passage[]): string {
  if (passages.length === 0) return "";
  const prose = text.replace(code, "");
  const numbers = new Set(
    [...prose.matchAll(reference)].flatMap(([, list = ""]) => list.split(/[,，、]/).map(Number)),
  );
  const lines = passages.flatMap((passage, i) => (numbers.has(i + 1) ? [sourceLine(passage, i + 1)] : []));
  return lines.length === 0 ? "" : `\n\n${lines.join("\n")}`;
}
