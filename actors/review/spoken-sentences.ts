import { isMarkdownLine } from "./markdown-line.ts";
import type { Piece } from "./piece.ts";
import { ReviewParser } from "./review-parser.ts";
import { scanSentences, sentenceEnd, splitSentences } from "./sentences.ts";

/** Marks that may turn a line into something else than chat: code, bold, links, tables, fences. */
const markup = /`|\*\*|\[|~~~|^\s*\|/;
const mark = /<(\/?)(action|search_result)\b|[()（）]/gi;
const closing = new Set([")", "）"]);
/** Up to this length of a reply each sentence end is examined at once; beyond, after it has grown by a share. */
const promptChars = 8_192;
const growthShare = 16;
const endsSentence = /[。！？!?；;….\n]/;

/**
 * The sentences of a reply that are to be spoken, each as soon as it is certain: plain chat, never an action, Markdown
 * or code. A sentence is certain when what follows can't change its kind.
 */
export class SpokenSentences {
  readonly #parser = new ReviewParser();
  /** Which piece is read, and the part of its text that was returned. */
  #piece = 0;
  #given = "";
  #size = 0;
  #examined = 0;
  /** How much of the open line is known to be complete sentences. */
  #cut = 0;
  #tail = "";

  /** Adds the next part of the reply and returns the sentences that are certain now. */
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

  /** Ends the reply and returns the sentences that were not certain before. */
  end(): string[] {
    return this.#take(this.#parser.end(), true);
  }

  /** Examining costs time for the reply so far: a growing distance keeps the total linear. Speech is far behind by then. */
  #isDue(): boolean {
    return this.#size <= promptChars || this.#size - this.#examined >= this.#size / growthShare;
  }

  #take(pieces: readonly Piece[], ended: boolean): string[] {
    const sentences: string[] = [];
    for (;;) {
      const piece = pieces[this.#piece];
      if (piece === undefined) return sentences;
      const text = piece.type === "chat" ? piece.content : "";
      // A line that turned out to be something else has taken its text with it: the text before it was returned nevertheless.
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

/** How many characters two texts have in common from their beginning. */
function commonPrefix(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length += 1;
  return length;
}

/** The text ends where a sentence or a line does. */
function scanWhole(text: string): { sentences: string[]; end: number } {
  const { sentences, end } = scanSentences(`${text}\n`);
  return { sentences, end: Math.min(end, text.length) };
}

/** Up to where an open line consists of complete sentences of chat, at least `from`. */
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
    // At the very end, more may come that belongs to the sentence.
    if (end === rest.length || closing.has(plain[end - 1] ?? "")) continue;
    if (state.balanced) whole = end;
  }
  return from + whole;
}

/** Brackets and tags that are open at a place of a text, read from left to right once. */
class OpenMarks {
  readonly #openTags = new Set<string>();
  #depth = 0;
  #at = 0;

  /** Nothing is open at this place. */
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
