import type { Passage } from "../../schemas/documents/knowledge.ts";

/** Where a passage stands: its document, the headings above it, its number there. */
export function placeLine({ title, heading, index }: Pick<Passage, "title" | "heading" | "index">): string {
  const place = heading === "" ? `#${index + 1}` : `${heading} #${index + 1}`;
  return `《${title}》 › ${place}`;
}
