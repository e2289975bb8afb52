import { isMarkdownLine } from "./markdown-line.ts";
import type { Piece } from "./piece.ts";
import { ReviewParser } from "./review-parser.ts";
import { scanSentences, sentenceEnd, splitSentences } from "./sentences.ts";

/** Markup that may change a line's kind from chat: code, bold, links, tables, fences. */
const markup = /`|\*\*|\[|~~~|^\s*\|/;
const mark = /<(\/?)(action|search_result)\b|[()（）]/gi;
const closing = new Set([")", "）"]);
/** Up to this length, the reply is examined at each sentence end; beyond it, after proportional growth. */
const promptChars = 8_192;
const growthShare = 16;
const endsSentence = /[。！？!?；;….\n]/;

/**
 * Emits the spoken sentences of a streaming reply, each as soon as it is final: plain chat, never an action,
 * Markdown or code. A sentence is final when later text can't change its kind.
 */
export class SpokenSentences {
  readonly #parser = new ReviewParser();
  /** Index of the current piece, and the part of its text already returned. */
  #piece = 0;
  #given = "";
  #size = 0;
  #examined = 0;
  /** Length of the complete sentences in the incomplete line. */
  #cut = 0;
  #tail = "";

  /** Adds the next part of the reply and returns the newly final sentences. */
  push(text: string): string[] {
    if (text.includes("\n")) this.#cut = 0;
    this.#parser.push(text);
    this.#size += text.length;
    const recent = this.#tail + text;
    this.#tail = recent.slice(-8);
    if (!endsSentence.test(recent) || !this.#isDue()) return [];
    this.#examined = this.#size;
    this.#cut = wholeSentences(this.#parser.open, this.#cut);
    return this.#take(this.#parser.peek(this.#cut), false);
  }

  /** Ends the reply and returns the remaining sentences. */
  end(): string[] {
    return this.#take(this.#parser.end(), true);
  }

  /**
   * An examination reads the whole reply; proportional intervals keep the total linear. Speech lags far
   * behind.
   */
  #isDue(): boolean {
    return this.#size <= promptChars || this.#size - this.#examined >= this.#size / growthShare;
  }

  #take(pieces: readonly Piece[], ended: boolean): string[] {
    const sentences: string[] = [];
    for (;;) {
      const piece = pieces[this.#piece];
      if (piece === undefined) return sentences;
      const text = piece.type === "chat" ? piece.content : "";
      // A line that changed its kind removes its text from the piece; earlier text was already returned.
      const from = commonPrefix(text, this.#given);
      if (this.#piece === pieces.length - 1 && !ended) {
        const { sentences: whole, end } = scanWhole(text.slice(from));
        this.#given = text.slice(0, from + end);
        return [...sentences, ...whole];
      }
      sentences.push(...splitSentences(text.slice(from)));
      this.#piece += 1;
      this.#given = "";
    }
  }
}

/** Length of the common prefix of two texts. */
function commonPrefix(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length += 1;
  return length;
}

/** Scans a text that ends at a sentence or line end. */
function scanWhole(text: string): { sentences: string[]; end: number } {
  const { sentences, end } = scanSentences(`${text}\n`);
  return { sentences, end: Math.min(end, text.length) };
}

/** End of the complete chat sentences in an incomplete line, at least `from`. */
function wholeSentences(open: string, from: number): number {
  if (isMarkdownLine(open)) return from;
  const rest = open.slice(from);
  const markupAt = rest.search(markup);
  const plain = markupAt < 0 ? rest : rest.slice(0, markupAt);
  const state = new OpenMarks();
  let whole = 0;
  for (const match of plain.matchAll(sentenceEnd)) {
    const end = match.index + match[0].length;
    state.readTo(plain, end);
    // At the end of the text, the sentence may still continue.
    if (end === rest.length || closing.has(plain[end - 1] ?? "")) continue;
    if (state.balanced) whole = end;
  }
  return from + whole;
}

/** Tracks open brackets and tags, in a single pass from left to right. */
class OpenMarks {
  readonly #openTags = new Set<string>();
  #depth = 0;
  #at = 0;

  /** Whether no bracket or tag is open. */
  get balanced(): boolean {
    return this.#depth === 0 && this.#openTags.size === 0;
  }

  readTo(text: string, end: number): void {
    for (const match of text.slice(this.#at, end).matchAll(mark)) {
      const [whole, closes = "", name] = match;
      if (name !== undefined) {
        if (closes === "") this.#openTags.add(name.toLowerCase());
        else this.#openTags.delete(name.toLowerCase());
      } else this.#depth += whole === "(" || whole === "（" ? 1 : -1;
    }
    this.#at = end;
  }
}
