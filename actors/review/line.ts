const fenceTail = /^`{3,}[ \t]*[\w+#.-]*\s*$/;

/** Opening fence of a code block. */
export interface FenceStart {
  mark: string;
  language: string;
}

/** One line of a reply. Lookups in the rest of the line are cached, so that parsing is linear. */
export class Line {
  readonly text: string;
  /** Start of the trailing white space. */
  readonly end: number;
  #backtick = -1;
  #tail: { at: number; isFence: boolean } | undefined;

  constructor(text: string) {
    this.text = text;
    this.end = text.trimEnd().length;
  }

  /** A fence at `from`, after at most three spaces and not followed by a backtick on its line. */
  fenceAt(from: number): FenceStart | undefined {
    const { text } = this;
    let at = from;
    while (at < from + 3 && text[at] === " ") at += 1;
    const mark = text[at];
    if (mark !== "`" && mark !== "~") return undefined;
    let end = at;
    while (text[end] === mark) end += 1;
    if (end - at < 3 || this.#nextBacktick(end) < text.length) return undefined;
    const language = text.slice(end).trimStart().split(/\s/, 1)[0] ?? "";
    return { mark: text.slice(at, end), language };
  }

  /** Start of a fence after text, where models also open code blocks. */
  fenceBehindWords(from: number): number | undefined {
    const { text } = this;
    const at = this.#nextBacktick(from);
    if (!text.startsWith("```", at) || text.slice(from, at).trim() === "") return undefined;
    if (this.#tail?.at !== at) this.#tail = { at, isFence: fenceTail.test(text.slice(at)) };
    return this.#tail.isFence ? at : undefined;
  }

  /** The first backtick at or after `from`, or the length of the line. */
  #nextBacktick(from: number): number {
    if (this.#backtick < from) {
      const at = this.text.indexOf("`", from);
      this.#backtick = at < 0 ? this.text.length : at;
    }
    return this.#backtick;
  }
}
