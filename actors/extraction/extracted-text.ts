/** The text of a document, headings as in Markdown. */
export interface ExtractedText {
  text: string;
  /** For paged documents: where in `text` each page begins. */
  pages?: number[];
  /** What is missing or doubtful, in words for the owner. */
  warning?: string;
}

/** What a document was read as, for its owner and its chunks. */
export interface ReadText extends ExtractedText {
  /** Share of the characters that are readable, 0 to 1. */
  quality: number;
  /** Encoding of a text file, as the WHATWG Encoding Standard spells it. */
  encoding?: string;
}
