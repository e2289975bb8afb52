/** A generated document, and its expected content. */
export interface Fixture {
  /** File name, unique among all. */
  name: string;
  type: string;
  bytes: Uint8Array;
  /** Charset declared by its sender. */
  charset?: string;
  /** Sentences that the text must contain literally. */
  expected: readonly string[];
  /** What the text must not contain. */
  absent?: readonly string[];
  /** An expected warning. */
  warning?: RegExp;
  /** Why it can't be parsed; then no content is expected. */
  fails?: RegExp;
}

export const docxType = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
