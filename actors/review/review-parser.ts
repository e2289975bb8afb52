import { splitActions } from "./actions.ts";
import { type FenceStart, Line } from "./line.ts";
import { isMarkdownLine, isTableRow } from "./markdown-line.ts";
import type { Piece } from "./piece.ts";

const tagOpen = /<(action|search_result)(?:\s+url="([^"<>]*)")?\s*>/gi;
const tagClose = { action: /<\/action\s*>/gi, search_result: /<\/search_result\s*>/gi };
/** Characters of an incomplete line used to determine its kind. */
const kindChars = 4_096;

interface Fence extends FenceStart {
  lines: string[];
}

interface Tag {
  name: "action" | "search_result";
  url: string | undefined;
  text: string;
}

/**
 * Splits any reply into pieces, in linear time. Only complete lines are parsed, so the result does not
 * depend on the chunk boundaries. Unclosed fences and tags end with the text.
 */
export class ReviewParser {
  #pieces: Piece[] = [];
  /** The incomplete line, its beginning, and its last characters. */
  #rest = "";
  #head = "";
  #recent = "";
  #inAction = false;
  #fence: Fence | null = null;
  #tag: Tag | null = null;
  #blankLines = 0;

  /** Provisional kind of the next text, before the line is complete. */
  get kind(): Piece["type"] {
    if (this.#fence !== null) return "code";
    if (this.#tag !== null) return this.#tag.name;
    if (this.#inAction) return "action";
    return isMarkdownLine(this.#head) ? "markdown" : "chat";
  }

  /** Adds the next part of the reply. */
  push(text: string): void {
    const lines = text.split("\n");
    const open = lines.pop() ?? "";
    for (const line of lines) {
      this.#line(this.#rest + line);
      this.#resetOpen();
    }
    this.#rest += open;
    if (this.#head.length < kindChars) this.#head = (this.#head + open).slice(0, kindChars);
    this.#watchActions(open);
  }

  #resetOpen(): void {
    this.#rest = "";
    this.#head = "";
    this.#inAction = false;
    this.#recent = "";
  }

  /** Tracks the action tags of the incomplete line; re-reads only the end of the earlier text. */
  #watchActions(text: string): void {
    const recent = (this.#recent + text).toLowerCase();
    const opened = recent.lastIndexOf("<action>");
    const closed = recent.lastIndexOf("</action>");
    if (opened >= 0 || closed >= 0) this.#inAction = opened > closed;
    this.#recent = recent.slice(-"</action".length);
  }

  /** The incomplete line. */
  get open(): string {
    return this.#rest;
  }

  /** The pieces so far, as if the incomplete line ended after `chars`. */
  peek(chars: number): Piece[] {
    const copy = new ReviewParser();
    const last = this.#pieces.at(-1);
    copy.#pieces = this.#pieces.slice();
    // Later text may only change the last piece.
    if (last !== undefined) copy.#pieces[copy.#pieces.length - 1] = { ...last };
    copy.#fence = this.#fence && { ...this.#fence, lines: [] };
    copy.#tag = this.#tag && { ...this.#tag };
    copy.#blankLines = this.#blankLines;
    const line = this.#rest.slice(0, chars);
    if (line !== "") copy.#line(line);
    return copy.#pieces;
  }

  /** Ends the reply and returns its pieces. */
  end(): Piece[] {
    if (this.#rest !== "") this.#line(this.#rest);
    this.#rest = "";
    if (this.#fence !== null) this.#closeFence(this.#fence);
    if (this.#tag !== null) this.#closeTag(this.#tag);
    return this.#pieces;
  }

  /** Parses a line from left to right; each part is read a bounded number of times. */
  #line(text: string): void {
    if (this.#fence !== null) {
      this.#inFence(this.#fence, text);
      return;
    }
    const line = new Line(text);
    for (let at = 0; at >= 0; ) {
      if (this.#tag === null) {
        const fenceAt = line.fenceBehindWords(at);
        if (fenceAt !== undefined) {
          this.#line(text.slice(at, fenceAt).trimEnd());
          at = fenceAt;
        }
      }
      at = this.#tag === null ? this.#outside(line, at) : this.#inTag(this.#tag, line, at);
    }
  }

  /** Parses text outside of fences and tags; returns the next offset, or -1 at the end of the line. */
  #outside(line: Line, from: number): number {
    const { text } = line;
    const fence = line.fenceAt(from);
    if (fence !== undefined) {
      this.#fence = { ...fence, lines: [] };
      return -1;
    }
    tagOpen.lastIndex = from;
    const tag = tagOpen.exec(text);
    if (tag === null) {
      this.#plain(text.slice(from));
      return -1;
    }
    if (tag.index > from) this.#plain(text.slice(from, tag.index));
    const name = tag[1]?.toLowerCase() === "action" ? "action" : "search_result";
    this.#tag = { name, url: tag[2], text: "" };
    return tag.index + tag[0].length;
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

  /** Parses text inside a tag; returns the next offset, or -1 at the end of the line. */
  #inTag(tag: Tag, line: Line, from: number): number {
    const closing = tagClose[tag.name];
    closing.lastIndex = from;
    const close = closing.exec(line.text);
    const text = line.text.slice(from, close?.index);
    tag.text += tag.text === "" ? text : `\n${text}`;
    if (close === null) return -1;
    this.#closeTag(tag);
    const end = close.index + close[0].length;
    return end >= line.end ? -1 : end;
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

  /** Joins consecutive lines of one kind into one piece, with empty lines between them. */
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
