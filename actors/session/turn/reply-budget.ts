/** JSON overhead in bytes of a sentence, review piece or line in the frames and documents of a reply. */
const pieceBytes = 96;
/** Copies of the reply's text: in the review, in the segments and in `stream_end`. */
const copies = 3;

/** Begins and ends a code block, at the start of a line. */
const fence = "```";

/** Characters after which a sentence, line or piece of a reply may end. */
const boundaries = new Set("\n.!?;。！？；…()（）<>`~#|".split(""));

/**
 * Bounds a streaming reply by the size of its output: the JSON text of all copies, and the
 * overhead of each sentence and piece. An admitted reply fits one bus message and one document.
 */
export class ReplyBudget {
  #textBytes: number;
  #encodedBytes: number;
  /** First characters of the current line, as far as they tell whether it opens or closes a code block. */
  #lineStart = "";
  #inCode = false;

  /** `textBytes`: limit of the reply as JSON text. `encodedBytes`: limit of its whole output. */
  constructor({ textBytes, encodedBytes }: { textBytes: number; encodedBytes: number }) {
    this.#textBytes = textBytes;
    this.#encodedBytes = encodedBytes;
  }

  /** The part of `text` that still fits; shorter than `text` once the budget is used up. */
  take(text: string): string {
    for (let at = 0; at < text.length; ) {
      const code = text.codePointAt(at) ?? 0;
      const length = code > 0xffff ? 2 : 1;
      const bytes = jsonBytes(code);
      this.#textBytes -= bytes;
      this.#encodedBytes -= copies * bytes + (this.#mayEndPiece(text[at] ?? "") ? pieceBytes : 0);
      if (this.#textBytes < 0 || this.#encodedBytes < 0) return text.slice(0, at);
      at += length;
    }
    return text;
  }

  /** Whether a piece may end at a character. A code block is one piece, whatever is in it. */
  #mayEndPiece(character: string): boolean {
    if (character === "\n") this.#lineStart = "";
    else if (this.#lineStart.length < fence.length) {
      this.#lineStart += character;
      if (this.#lineStart === fence) this.#inCode = !this.#inCode;
    }
    return !this.#inCode && boundaries.has(character);
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
