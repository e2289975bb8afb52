import { isMarkdownLine } from "./markdown-line.ts";
import type { Piece } from "./piece.ts";
import { ReviewParser } from "./review-parser.ts";
import { scanSentences, sentenceEnd, splitSentences } from "./sentences.ts";

/** What may make something else than chat of a line: code, bold, links, tables, fences. */
const markup = /`|\*\*|\[|~~~|^\s*\|/;
const openTag = /<(action|search_result)\b(?![\s\S]*<\/\1\s*>)/i;
const brackets = /[()（）]/g;
const endsSentence = /[。！？!?；;….\n]/;

/**
 * The sentences of a reply that are to be spoken, each as soon as it is certain: plain chat, never an action, Markdown
 * or code. A sentence is certain when something follows it that can't change what it is.
 */
export class SpokenSentences {
  readonly #parser = new ReviewParser();
  /** Which piece is read, and what of its text was given out. */
  #piece = 0;
  #given = "";
  /** How much of the open line is known to be whole sentences. */
  #cut = 0;
  #tail = "";

  /** Takes the next part of the reply and returns the sentences that are certain now. */
  push(text: string): string[] {
    if (text.includes("\n")) this.#cut = 0;
    this.#parser.push(text);
    const recent = this.#tail + text;
    this.#tail = recent.slice(-8);
    if (!endsSentence.test(recent)) return [];
    this.#cut = wholeSentences(this.#parser.open, this.#cut);
    return this.#take(this.#parser.peek(this.#cut), false);
  }

  /** Takes the end of the reply and returns what was not certain before. */
  end(): string[] {
    return this.#take(this.#parser.end(), true);
  }

  #take(pieces: readonly Piece[], ended: boolean): string[] {
    const sentences: string[] = [];
    for (;;) {
      const piece = pieces[this.#piece];
      if (piece === undefined) return sentences;
      const text = piece.type === "chat" ? piece.content : "";
      // A line that turned out to be something else has taken its text with it: what is before it was still given.
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

/** Up to where an open line is whole sentences of chat, at least `from`. */
function wholeSentences(open: string, from: number): number {
  if (isMarkdownLine(open)) return from;
  const rest = open.slice(from);
  const doubt = rest.search(markup);
  const sure = doubt < 0 ? rest : rest.slice(0, doubt);
  let whole = 0;
  for (const match of sure.matchAll(sentenceEnd)) {
    const end = match.index + match[0].length;
    const sentence = rest.slice(0, end);
    // At the very end more may come that belongs to it.
    if (end === rest.length || /[)）]$/.test(sentence) || openTag.test(sentence)) continue;
    if (isBalanced(sentence)) whole = end;
  }
  return from + whole;
}

function isBalanced(text: string): boolean {
  let depth = 0;
  for (const [bracket] of text.matchAll(brackets)) depth += bracket === "(" || bracket === "（" ? 1 : -1;
  return depth === 0;
}
