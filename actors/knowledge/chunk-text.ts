import { termsOf } from "../text/terms.ts";
import { type Chunk, pathSeparator } from "./chunker.ts";

type Place = Pick<Chunk, "heading">;

/** What is embedded of a document: its chunks, then its headings, each once; see `chunkVectors`. */
export function embeddedTexts(
  title: string,
  chunks: readonly Pick<Chunk, "heading" | "content">[],
): string[] {
  return [...chunks.map((chunk) => underHeadings(title, chunk)), ...headingsOf(chunks)];
}

/** The innermost headings of chunks, each once, in order. */
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

/** A chunk is understood under its headings. */
function underHeadings(title: string, { heading, content }: Pick<Chunk, "heading" | "content">): string {
  return [title, heading]
    .filter((line) => line !== "")
    .join(pathSeparator)
    .concat("\n", content);
}

/** Search terms of a chunk, headings and title included, separated by spaces. */
export function searchTerms(title: string, chunk: Pick<Chunk, "heading" | "content">): string {
  return termsOf(underHeadings(title, chunk)).join(" ");
}
