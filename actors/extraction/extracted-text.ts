/** The text of a document, headings as in Markdown. */
export interface ExtractedText {
  text: string;
  /** For paged documents: start offset of each page in `text`. */
  pages?: number[];
  /** User-facing warning about missing or doubtful content. */
  warning?: string;
}

/** Result of reading a document. */
export interface ReadText extends ExtractedText {
  /** Share of readable characters, 0 to 1. */
  quality: number;
  /** Encoding of a text file, as the WHATWG Encoding Standard spells it. */
  encoding?: string;
}
