import { type ReadOptions, readDocument } from "./document-text.ts";
import type { ReadText } from "./extracted-text.ts";

/** A document on its way into the sandbox. */
export interface ReadTask extends ReadOptions {
  bytes: Uint8Array;
  /** Characters that its text may have. */
  maxChars: number;
}

/** Module of the sandbox for documents. @throws UnreadableError */
export async function run({ bytes, maxChars, ...options }: ReadTask): Promise<ReadText | "too long"> {
  const read = await readDocument(bytes, options);
  return read.text.length > maxChars ? "too long" : read;
}
