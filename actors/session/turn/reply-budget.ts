/** Bytes of JSON that a sentence, a piece of the review or a line may add to the frames and documents of a reply. */
const pieceBytes = 96;
/** The reply's text stands in the review, in the segments and in `stream_end`. */
const copies = 3;

/** Characters behind which a sentence, line or piece of a reply may end. */
const boundaries = new Set("\n.!?;。！？；…()（）<>`~#|".split(""));

/**
 * Bounds a reply while it comes in, by the size of everything that is made of it: JSON text of all its copies, and the
 * frame around each sentence and piece. What is admitted fits one message of the bus and one document.
 */
export class ReplyBudget {
  #textBytes: number;
  #encodedBytes: number;

  /** `textBytes`: of the reply as JSON text. `encodedBytes`: of all that is made of it. */
  constructor({ textBytes, encodedBytes }: { textBytes: number; encodedBytes: number }) {
    this.#textBytes = textBytes;
    this.#encodedBytes = encodedBytes;
  }

  /** The part of `text` that still fits; it is shorter than `text` once the budget is used up. */
  take(text: string): string {
    for (let at = 0; at < text.length; ) {
      const code = text.codePointAt(at) ?? 0;
      const length = code > 0xffff ? 2 : 1;
      const bytes = jsonBytes(code);
      this.#textBytes -= bytes;
      this.#encodedBytes -= copies * bytes + (boundaries.has(text[at] ?? "") ? pieceBytes : 0);
      if (this.#textBytes < 0 || this.#encodedBytes < 0) return text.slice(0, at);
      at += length;
    }
    return text;
  }
}

/** UTF-8 bytes of a code point inside a JSON string. */
function jsonBytes(code: number): number {
  if (code < 0x20) return 6;
  if (code === 0x22 || code === 0x5c) return 2;
  if (code < 0x80) return 1;
  if (code < 0x800) return 2;
  // A lone surrogate is written as an escape.
  if (code >= 0xd800 && code <= 0xdfff) return 6;
  return code > 0xffff ? 4 : 3;
}
