import type { DefaultTreeAdapterTypes } from "parse5";
import {
  attributeOf,
  childrenOf,
  findElement,
  type HtmlElement,
  type HtmlNode,
  htmlRoot,
  isElement,
  textBelow,
} from "./html-tree.ts";
import { mainContent } from "./main-content.ts";

const skipped = new Set(
  (
    "script style noscript template svg math head iframe object canvas audio video nav footer " +
    "button select textarea datalist input dialog"
  ).split(" "),
);
const blocks = new Set(
  (
    "address article aside blockquote dd details div dl dt fieldset figcaption figure form header hgroup hr legend " +
    "li main ol p pre search section summary table caption tbody thead tfoot tr ul center body html"
  ).split(" "),
);
const spaced = new Set(["p", "table", "pre", "blockquote", "ul", "ol", "dl"]);
const heading = /^h([1-6])$/;
const deepest = 512;

/** A page as Markdown: its title, and its main content if it can be separated from navigation. */
export function htmlToText(html: string): string {
  const root = htmlRoot(html);
  if (root === undefined) return "";
  const whole = new HtmlText().read(root);
  const main = mainContent(root, html.length);
  const text = main === undefined ? whole.text : chosen(whole, new HtmlText().read(main).text);
  const title = titleOf(root);
  // Don't repeat the first heading as the title.
  if (title === "" || text === "" || text.slice(0, 500).includes(title)) return text;
  return `# ${title}\n\n${text.replace(/^(#{1,5}) /gm, "#$1 ")}`;
}

/** The text of a fragment, such as an entry of a feed. */
export function fragmentToText(html: string): string {
  const root = htmlRoot(html);
  return root === undefined ? "" : new HtmlText().read(root).text;
}

/**
 * Main content that omits more than links and a few lines is incomplete; if it omits almost nothing,
 * the whole page is used, which keeps its headings.
 */
function chosen(whole: { text: string; linked: number }, main: string): string {
  const lost = whole.text.length - main.length;
  if (lost < 0.1 * whole.text.length || main === "") return whole.text;
  return lost <= whole.linked * 1.3 + 0.15 * whole.text.length ? main : whole.text;
}

function titleOf(root: HtmlElement): string {
  const title = findElement(root, "title");
  return title === undefined ? "" : oneLine(textBelow(title)).slice(0, 200);
}

/** Writes the text of a tree. */
class HtmlText {
  readonly #parts: string[] = [];
  #pre = 0;
  #cell = 0;
  #linked = 0;

  /** `linked`: number of characters in links. */
  read(root: HtmlElement): { text: string; linked: number } {
    this.#node(root, 0);
    return { text: tidy(this.#parts.join("")), linked: this.#linked };
  }

  #node(node: HtmlNode, depth: number): void {
    if (node.nodeName === "#text") this.#text((node as DefaultTreeAdapterTypes.TextNode).value);
    if (!isElement(node) || isHidden(node)) return;
    const level = heading.exec(node.tagName)?.[1];
    if (depth > deepest) this.#text(textBelow(node));
    else if (level !== undefined) this.#heading(node, Number(level));
    else if (node.tagName === "table" && this.#cell === 0 && isData(node)) this.#table(node, depth);
    else if (node.tagName === "sup" || node.tagName === "sub") this.#shifted(node);
    else this.#element(node, depth);
  }

  #element(node: HtmlElement, depth: number): void {
    const { tagName: name } = node;
    const isBlock = blocks.has(name);
    if (name === "br") this.#break("\n");
    else if (name === "img") this.#text(` ${attributeOf(node, "alt") ?? ""} `);
    else if (isBlock) this.#break(name === "li" ? "\n- " : spaced.has(name) ? "\n\n" : "\n");
    if (name === "pre") this.#pre += 1;
    const before = this.#parts.length;
    for (const child of childrenOf(node)) this.#node(child, depth + 1);
    if (name === "pre") this.#pre -= 1;
    if (name === "td" || name === "th") this.#text(" ");
    if (name === "a")
      for (let i = before; i < this.#parts.length; i++) this.#linked += this.#parts[i]?.length ?? 0;
    if (isBlock && name !== "li") this.#break(spaced.has(name) ? "\n\n" : "\n");
  }

  #heading(node: HtmlElement, level: number): void {
    const text = oneLine(new HtmlText().#inline(node));
    if (text === "") return;
    this.#parts.push(this.#cell > 0 ? ` ${text} ` : `\n\n${"#".repeat(level)} ${text}\n\n`);
  }

  #inline(node: HtmlElement): string {
    for (const child of childrenOf(node)) this.#node(child, 1);
    return this.#parts.join("");
  }

  /** Writes each row as one line. */
  #table(table: HtmlElement, depth: number): void {
    this.#parts.push("\n\n");
    this.#cell += 1;
    for (const row of below(table, "tr", "caption")) {
      const cells = row.tagName === "caption" ? [row] : childrenOf(row).filter(isElement);
      const texts = cells.map((cell) => {
        const inner = new HtmlText();
        inner.#cell = this.#cell;
        for (const child of childrenOf(cell)) inner.#node(child, depth + 1);
        this.#linked += inner.#linked;
        return oneLine(inner.#parts.join(""));
      });
      if (texts.some((text) => text !== "")) this.#parts.push(`\n${texts.join(" | ")}`);
    }
    this.#cell -= 1;
    this.#parts.push("\n\n");
  }

  /** Marks super- and subscripts, as 10<sup>3</sup> is not 103; footnote marks are links. */
  #shifted(node: HtmlElement): void {
    const text = oneLine(textBelow(node));
    if (text === "") return;
    const isNote = findElement(node, "a") !== undefined;
    if (
      node.tagName === "sup" &&
      !isNote &&
      /^[-+−]?[\p{L}\d]{1,6}$/u.test(text) &&
      !/^(st|nd|rd|th|er|e|tm|sm)$/i.test(text)
    )
      this.#text(`^${text}`);
    else this.#text(text);
  }

  #text(text: string): void {
    this.#parts.push(this.#pre > 0 ? text : text.replace(/\s+/g, " "));
  }

  #break(text: string): void {
    this.#parts.push(this.#cell > 0 ? " " : text);
  }
}

function isHidden(node: HtmlElement): boolean {
  if (skipped.has(node.tagName)) return true;
  if (attributeOf(node, "hidden") !== undefined) return true;
  return /(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden)/i.test(attributeOf(node, "style") ?? "");
}

/** Whether a table has adjacent cells; others are used for layout only. */
function isData(table: HtmlElement): boolean {
  const role = attributeOf(table, "role");
  if (role === "presentation" || role === "none") return false;
  return below(table, "tr").some((row) => {
    const cells = childrenOf(row).filter(isElement);
    return cells.length > 1 && cells.every((cell) => findElement(cell, "table") === undefined);
  });
}

/** Descendants of a table with these names, excluding nested tables. */
function below(root: HtmlElement, ...names: string[]): HtmlElement[] {
  const found: HtmlElement[] = [];
  const open: HtmlElement[] = childrenOf(root).filter(isElement).toReversed();
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (names.includes(node.tagName)) found.push(node);
    else if (node.tagName !== "table") open.push(...childrenOf(node).filter(isElement).toReversed());
  }
  return found;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

/** Trims lines, and collapses empty lines between blocks to one. */
function tidy(text: string): string {
  const lines = text.split("\n").map((line) => line.trimEnd());
  const kept: string[] = [];
  for (const line of lines) {
    const plain = /^ \S/.test(line) ? line.trimStart() : line;
    if (plain.trim() === "-") continue;
    if (plain.trim() !== "" || (kept.length > 0 && kept.at(-1) !== ""))
      kept.push(plain.trim() === "" ? "" : plain);
  }
  return kept.join("\n").trim();
}
