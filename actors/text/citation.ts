import type { Passage } from "../../schemas/documents/knowledge.ts";

/** Location of a passage: its document, headings, page and number. */
export function placeLine({
  title,
  heading,
  page,
  index,
}: Pick<Passage, "title" | "heading" | "page" | "index">): string {
  const parts = [heading, page === undefined ? "" : `第 ${page} 页`].filter((part) => part !== "");
  return `《${title}》 › ${[...parts, `#${index + 1}`].join(" ")}`;
}
