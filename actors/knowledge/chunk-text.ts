import { termsOf } from "../text/terms.ts";
import { type Chunk, pathSeparator } from "./chunker.ts";

type Place = Pick<Chunk, "heading">;

/** Texts of a document to embed: its chunks, then its distinct headings; see `chunkVectors`. */
export function embeddedTexts(
  title: string,
  chunks: readonly Pick<Chunk, "heading" | "content">[],
): string[] {
  return [...chunks.map((chunk) => underHeadings(title, chunk)), ...headingsOf(chunks)];
}

/** The distinct innermost headings of chunks, in order. */
export function headingsOf(chunks: readonly Place[]): string[] {
  return [...new Set(chunks.map(innermost))].filter((heading) => heading !== "");
}

/** The last heading above a chunk; empty without one. */
export function innermost({ heading }: Place): string {
  return heading.split(pathSeparator).at(-1) ?? "";
}

/** The headings above the innermost one. */
export function parentOf({ heading }: Place): string {
  return heading.split(pathSeparator).slice(0, -1).join(pathSeparator);
}

/** Prefixes a chunk with its headings for context. */
function underHeadings(title: string, { heading, content }: Pick<Chunk, "heading" | "content">): string {
  return [title, heading]
    .filter((line) => line !== "")
    .join(pathSeparator)
    .concat("\n", content);
}

/** Search terms of a chunk, with headings and title, separated by spaces. */
export function searchTerms(title: string, chunk: Pick<Chunk, "heading" | "content">): string {
  return termsOf(underHeadings(title, chunk)).join(" ");
}
