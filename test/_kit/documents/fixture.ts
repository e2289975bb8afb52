/** A made document, and what a reader of it must get. */
export interface Fixture {
  /** File name, unique among all. */
  name: string;
  type: string;
  bytes: Uint8Array;
  /** Charset that its sender declares. */
  charset?: string;
  /** Sentences that its text must hold, as they stand here. */
  expected: readonly string[];
  /** What must not be in the text. */
  absent?: readonly string[];
  /** A warning that its owner must get. */
  warning?: RegExp;
  /** Why it can't be read; then nothing is expected. */
  fails?: RegExp;
}

export const docxType = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
