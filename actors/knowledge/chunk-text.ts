import { termsOf } from "../text/terms.ts";
import type { Chunk } from "./chunker.ts";

/** What is embedded of a chunk: it is understood under its headings. */
export function embeddedText(
  title: string,
  { heading, content }: Pick<Chunk, "heading" | "content">,
): string {
  return [title, heading]
    .filter((line) => line !== "")
    .join(" › ")
    .concat("\n", content);
}

/** Search terms of a chunk, headings and title included, separated by spaces. */
export function searchTerms(title: string, chunk: Pick<Chunk, "heading" | "content">): string {
  return termsOf(embeddedText(title, chunk)).join(" ");
}
