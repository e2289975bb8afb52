/**
 * A piece of a reply without its tags. `retract`: the content so far was reasoning, because the reply started
 * inside a thinking block.
 */
export type ThoughtPiece = { kind: "content" | "reasoning"; text: string } | { kind: "retract" };

const open = "<think>";
const close = "</think>";

/**
 * Separates reasoning at the beginning of a reply: providers without a reasoning parser leave it in the text
 * between `<think>` and `</think>`. Chat templates that emit the opening tag themselves leave only the
 * closing one. Later tags are text.
 */
export class ThinkTag {
  #state: "before" | "inside" | "behind" | "open" | "text" = "before";
  /** Buffered text that may be the beginning of a tag. */
  #held = "";
  /**
   * Text emitted as content while reasoning may still end (`open`): a tag inside its code spans is ignored.
   */
  #emitted = "";

  /** Processes the next text of the reply. */
  push(text: string): ThoughtPiece[] {
    if (this.#state === "text") return parts("content", text);
    this.#held += text;
    if (this.#state === "before") return this.#before();
    if (this.#state === "open") return this.#open();
    return this.#state === "inside" ? this.#inside() : this.#behind();
  }

  /** Returns the buffered text at the end of the reply. */
  end(): ThoughtPiece[] {
    const kind = this.#state === "inside" ? "reasoning" : "content";
    return parts(kind, this.#take(this.#held.length));
  }

  #before(): ThoughtPiece[] {
    const begun = this.#held.trimStart();
    if (open.startsWith(begun)) {
      if (begun === open) this.#enter();
      return [];
    }
    if (!begun.startsWith(open)) {
      this.#state = "open";
      return this.#open();
    }
    this.#enter(begun.slice(open.length));
    return this.#inside();
  }

  #enter(rest = ""): void {
    this.#state = "inside";
    this.#held = rest;
  }

  /** No opening tag was seen, but the reply may have started inside a thinking block. */
  #open(): ThoughtPiece[] {
    const end = this.#held.indexOf(close);
    if (end < 0) return this.#emit(this.#held.length - tailOf(this.#held));
    const pieces = this.#emit(end);
    if (isCode(this.#emitted) || this.#emitted.includes(open)) {
      this.#state = "text";
      return [...pieces, ...parts("content", this.#take(this.#held.length))];
    }
    this.#take(close.length);
    this.#state = "behind";
    return [...pieces, { kind: "retract" }, ...this.#behind()];
  }

  #emit(length: number): ThoughtPiece[] {
    const text = this.#take(length);
    this.#emitted += text;
    return parts("content", text);
  }

  #inside(): ThoughtPiece[] {
    const end = this.#held.indexOf(close);
    if (end < 0) return parts("reasoning", this.#take(this.#held.length - tailOf(this.#held)));
    const thought = parts("reasoning", this.#take(end));
    this.#take(close.length);
    this.#state = "behind";
    return [...thought, ...this.#behind()];
  }

  /** White space after the reasoning is not part of the reply. */
  #behind(): ThoughtPiece[] {
    this.#held = this.#held.trimStart();
    if (this.#held === "") return [];
    this.#state = "text";
    return parts("content", this.#take(this.#held.length));
  }

  #take(length: number): string {
    const taken = this.#held.slice(0, length);
    this.#held = this.#held.slice(length);
    return taken;
  }
}

/** Length of a suffix that may be the beginning of the closing tag. */
function tailOf(text: string): number {
  for (let length = Math.min(close.length - 1, text.length); length > 0; length--)
    if (text.endsWith(close.slice(0, length))) return length;
  return 0;
}

/** Whether a text ends inside code, so that a tag after it is quoted. */
function isCode(text: string): boolean {
  return ((text.match(/`+/g) ?? []).length & 1) === 1;
}

function parts(kind: "content" | "reasoning", text: string): ThoughtPiece[] {
  return text === "" ? [] : [{ kind, text }];
}
