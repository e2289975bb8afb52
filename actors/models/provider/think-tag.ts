/**
 * A piece of a reply without its tags. `retract`: what came as content so far was thinking, for the reply began inside
 * of it.
 */
export type ThoughtPiece = { kind: "content" | "reasoning"; text: string } | { kind: "retract" };

const open = "<think>";
const close = "</think>";

/**
 * Takes the thinking out of a reply that begins with it: providers without a reasoning parser leave it in the text,
 * between `<think>` and `</think>` as the models were trained to write it. Chat templates that write the opening tag
 * themselves leave the closing one alone. Other tags further on are text.
 */
export class ThinkTag {
  #state: "before" | "inside" | "behind" | "open" | "text" = "before";
  /** What may be the beginning of a tag. */
  #held = "";
  /** What was given as content while the thinking may still end (`open`): its code spans hide a tag. */
  #given = "";

  /** Takes the next text of the reply. */
  push(text: string): ThoughtPiece[] {
    if (this.#state === "text") return parts("content", text);
    this.#held += text;
    if (this.#state === "before") return this.#before();
    if (this.#state === "open") return this.#open();
    return this.#state === "inside" ? this.#inside() : this.#behind();
  }

  /** What was held when the reply ended. */
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

  /** No thinking was begun, but the reply may have begun inside of it. */
  #open(): ThoughtPiece[] {
    const end = this.#held.indexOf(close);
    if (end < 0) return this.#give(this.#held.length - tailOf(this.#held));
    const given = this.#give(end);
    if (isCode(this.#given) || this.#given.includes(open)) {
      this.#state = "text";
      return [...given, ...parts("content", this.#take(this.#held.length))];
    }
    this.#take(close.length);
    this.#state = "behind";
    return [...given, { kind: "retract" }, ...this.#behind()];
  }

  #give(length: number): ThoughtPiece[] {
    const text = this.#take(length);
    this.#given += text;
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

  /** White space behind the thinking is no part of the reply. */
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

/** How much of the end of a text may be the beginning of the closing tag. */
function tailOf(text: string): number {
  for (let length = Math.min(close.length - 1, text.length); length > 0; length--)
    if (text.endsWith(close.slice(0, length))) return length;
  return 0;
}

/** Whether a text ends inside of code, so that a tag behind it is talked about. */
function isCode(text: string): boolean {
  return ((text.match(/`+/g) ?? []).length & 1) === 1;
}

function parts(kind: "content" | "reasoning", text: string): ThoughtPiece[] {
  return text === "" ? [] : [{ kind, text }];
}
