import { type ReadOptions, readDocument } from "./document-text.ts";
import type { ReadText } from "./extracted-text.ts";

/** Task of the document sandbox. */
export interface ReadTask extends ReadOptions {
  bytes: Uint8Array;
  /** Maximum characters of the text. */
  maxChars: number;
}

/** Sandbox module for documents. @throws UnreadableError */
export async function run({ bytes, maxChars, ...options }: ReadTask): Promise<ReadText | "too long"> {
  const read = await readDocument(bytes, options);
  return read.text.length > maxChars ? "too long" : read;
}
