import { splitActions } from "./actions.ts";
import { isMarkdownLine, isTableRow } from "./markdown-line.ts";
import type { Piece } from "./piece.ts";

const fenceOpen = /^ {0,3}(`{3,}|~{3,})\s*([^`\s]*)[^`]*$/;
const tagOpen = /<(action|search_result)(?:\s+url="([^"<>]*)")?\s*>/i;

interface Fence {
  mark: string;
  language: string;
  lines: string[];
}

interface Tag {
  name: "action" | "search_result";
  url: string | undefined;
  text: string;
}

/**
 * Splits a reply into pieces, whatever text it is. It looks at whole lines only, so that the result does not depend on
 * how the text was cut into chunks. Fences and tags that are never closed end with the text.
 */
export class ReviewParser {
  readonly #pieces: Piece[] = [];
  #rest = "";
  #fence: Fence | null = null;
  #tag: Tag | null = null;
  #blankLines = 0;

  /** Kind of the text that comes next, as far as it can be known before the line is whole. */
  get kind(): Piece["type"] {
    if (this.#fence !== null) return "code";
    if (this.#tag !== null) return this.#tag.name;
    if (/<action>(?![\s\S]*<\/action>)/i.test(this.#rest)) return "action";
    return isMarkdownLine(this.#rest) ? "markdown" : "chat";
  }

  /** Takes the next part of the reply. */
  push(text: string): void {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#line(line);
  }

  /** The line that is not yet whole. */
  get open(): string {
    return this.#rest;
  }

  /** The pieces so far, as if the open line had ended after so many characters. */
  peek(chars: number): Piece[] {
    const copy = new ReviewParser();
    const last = this.#pieces.at(-1);
    if (last !== undefined) copy.#pieces.push(...this.#pieces.slice(0, -1), { ...last });
    copy.#fence = this.#fence && { ...this.#fence, lines: [] };
    copy.#tag = this.#tag && { ...this.#tag };
    copy.#blankLines = this.#blankLines;
    const line = this.#rest.slice(0, chars);
    if (line !== "") copy.#line(line);
    return copy.#pieces;
  }

  /** Takes the end of the reply and returns its pieces. */
  end(): Piece[] {
    if (this.#rest !== "") this.#line(this.#rest);
    this.#rest = "";
    if (this.#fence !== null) this.#closeFence(this.#fence);
    if (this.#tag !== null) this.#closeTag(this.#tag);
    return this.#pieces;
  }

  #line(line: string): void {
    const words = this.#fence === null && this.#tag === null ? wordsBeforeFence(line) : undefined;
    if (words !== undefined) {
      this.#line(words.trimEnd());
      this.#line(line.slice(words.length));
      return;
    }
    const fence = fenceOpen.exec(line);
    const tag = tagOpen.exec(line);
    if (this.#fence !== null) this.#inFence(this.#fence, line);
    else if (this.#tag !== null) this.#inTag(this.#tag, line);
    else if (fence !== null) this.#fence = { mark: fence[1] ?? "```", language: fence[2] ?? "", lines: [] };
    else if (tag !== null) this.#openTag(line, tag);
    else this.#plain(line);
  }

  #openTag(line: string, tag: RegExpExecArray): void {
    if (tag.index > 0) this.#plain(line.slice(0, tag.index));
    const name = tag[1]?.toLowerCase() === "action" ? "action" : "search_result";
    this.#tag = { name, url: tag[2], text: "" };
    this.#inTag(this.#tag, line.slice(tag.index + tag[0].length));
  }

  #inFence(fence: Fence, line: string): void {
    const closes =
      line.trimStart().startsWith(fence.mark) && line.trim().replaceAll(fence.mark[0] ?? "`", "") === "";
    if (closes) this.#closeFence(fence);
    else fence.lines.push(line);
  }

  #closeFence({ language, lines }: Fence): void {
    this.#fence = null;
    this.#add({
      type: "code",
      content: lines.join("\n"),
      ...(language !== "" && { metadata: { language } }),
    });
  }

  #inTag(tag: Tag, line: string): void {
    const close = new RegExp(`</${tag.name}\\s*>`, "i").exec(line);
    if (close === null) {
      tag.text += `${tag.text === "" ? "" : "\n"}${line}`;
      return;
    }
    tag.text += `${tag.text === "" ? "" : "\n"}${line.slice(0, close.index)}`;
    this.#closeTag(tag);
    const rest = line.slice(close.index + close[0].length);
    if (rest.trim() !== "") this.#line(rest);
  }

  #closeTag({ name, url, text }: Tag): void {
    this.#tag = null;
    this.#add({ type: name, content: text.trim(), ...(url !== undefined && { metadata: { url } }) });
  }

  #plain(line: string): void {
    if (line.trim() === "") {
      this.#blankLines += 1;
      return;
    }
    const last = this.#pieces.at(-1);
    const continues = this.#blankLines === 0 && last?.type === "markdown";
    if (isMarkdownLine(line) || (continues && (isTableRow(line) || /^\s{2,}\S/.test(line)))) {
      this.#join({ type: "markdown", content: line });
      return;
    }
    for (const piece of splitActions(line)) {
      if (piece.type === "chat") this.#join(piece);
      else this.#add(piece);
    }
  }

  /** Lines of one kind that follow each other are one piece, with the empty lines between them. */
  #join(piece: Piece): void {
    const last = this.#pieces.at(-1);
    if (last?.type !== piece.type) {
      this.#add(piece);
      return;
    }
    last.content += `\n${"\n".repeat(this.#blankLines)}${piece.content}`;
    this.#blankLines = 0;
  }

  #add(piece: Piece): void {
    this.#blankLines = 0;
    if (piece.content !== "") this.#pieces.push(piece);
  }
}

/** What stands before a fence on its line: models open a block behind words too. */
function wordsBeforeFence(line: string): string | undefined {
  const words = line.slice(0, Math.max(0, line.indexOf("```")));
  if (words.trim() === "" || words.includes("`")) return undefined;
  return /^`{3,}[ \t]*[\w+#.-]*\s*$/.test(line.slice(words.length)) ? words : undefined;
}
