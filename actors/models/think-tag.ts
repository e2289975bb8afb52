import type { ModelDelta } from "./model.ts";

const open = "<think>";
const close = "</think>";

/**
 * Takes the thinking out of a reply that begins with it: providers without a reasoning parser leave it in the text,
 * between `<think>` and `</think>` as the models were trained to write it. Tags further on are text.
 */
export class ThinkTag {
  #state: "before" | "inside" | "behind" | "text" = "before";
  /** What may be the beginning of a tag. */
  #held = "";

  /** Takes the next text of the reply. */
  push(text: string): ModelDelta[] {
    if (this.#state === "text") return parts("content", text);
    this.#held += text;
    if (this.#state === "before") return this.#before();
    return this.#state === "inside" ? this.#inside() : this.#behind();
  }

  /** What was held when the reply ended. */
  end(): ModelDelta[] {
    const kind = this.#state === "inside" ? "reasoning" : "content";
    return parts(kind, this.#take(this.#held.length));
  }

  #before(): ModelDelta[] {
    const begun = this.#held.trimStart();
    if (open.startsWith(begun)) {
      if (begun === open) this.#enter();
      return [];
    }
    if (!begun.startsWith(open)) {
      this.#state = "text";
      return parts("content", this.#take(this.#held.length));
    }
    this.#enter(begun.slice(open.length));
    return this.#inside();
  }

  #enter(rest = ""): void {
    this.#state = "inside";
    this.#held = rest;
  }

  #inside(): ModelDelta[] {
    const end = this.#held.indexOf(close);
    if (end < 0) return parts("reasoning", this.#take(this.#held.length - tailOf(this.#held)));
    const thought = parts("reasoning", this.#take(end));
    this.#take(close.length);
    this.#state = "behind";
    return [...thought, ...this.#behind()];
  }

  /** White space behind the thinking is no part of the reply. */
  #behind(): ModelDelta[] {
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

function parts(kind: "content" | "reasoning", text: string): ModelDelta[] {
  return text === "" ? [] : [{ kind, text }];
}
