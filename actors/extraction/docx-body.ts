import type { Element } from "domhandler";
import type { DocxNumbers } from "./docx-numbers.ts";
import type { DocxStyles } from "./docx-styles.ts";
import { attributeOf, childAt, childrenOf, localName, ownText, xmlRoot } from "./docx-xml.ts";

/** Other parts of a document: styles, numbering, and notes by kind and id. */
export interface DocxParts {
  styles: DocxStyles;
  numbers: DocxNumbers;
  notes: Map<string, Element>;
}

/** Skipped elements: deleted or moved text, field codes, compatibility alternatives, properties. */
const passedOver = new Set([
  "del",
  "moveFrom",
  "instrText",
  "delText",
  "delInstrText",
  "Fallback",
  "pPr",
  "rPr",
  "sdtPr",
  "sdtEndPr",
  "tblPr",
  "tblGrid",
  "trPr",
  "tcPr",
  "fldData",
  "ffData",
]);
const deepest = 200;

/** Turns the body of a Word document, or one of its other parts, into Markdown-like blocks. */
export class DocxBody {
  readonly #parts: DocxParts;
  /** Referenced notes, in order. */
  readonly #noted: string[] = [];

  constructor(parts: DocxParts) {
    this.#parts = parts;
  }

  /** The blocks of a part, in order. */
  blocks(root: Element, depth = 0): string[] {
    if (depth > deepest) return [];
    return childrenOf(root).flatMap((child) => {
      const name = localName(child);
      if (passedOver.has(name)) return [];
      if (name === "p") return this.#paragraph(child, depth);
      if (name === "tbl") return [this.#table(child, depth)];
      return this.blocks(child, depth + 1);
    });
  }

  /** The text of the notes referenced so far. */
  notes(): string[] {
    return this.#noted.flatMap((key, i) => {
      const note = this.#parts.notes.get(key);
      const text = note === undefined ? "" : this.blocks(note).join(" ").trim();
      return text === "" ? [] : [`[${i + 1}] ${text}`];
    });
  }

  #paragraph(paragraph: Element, depth: number): string[] {
    const boxes: string[] = [];
    const text = this.#inline(paragraph, boxes, depth)
      .replace(/[ \t\u00a0]+/g, " ")
      .trim();
    const { heading, list } = this.#parts.styles.of(childAt(paragraph, "pPr"));
    if (text === "") return boxes;
    const number = list === undefined || list.id === "0" ? "" : this.#parts.numbers.next(list.id, list.level);
    const mark = heading === undefined ? "" : `${"#".repeat(heading)} `;
    const line = heading === undefined ? text : text.replace(/\n/g, " ");
    return [`${mark}${heading !== undefined && number === "- " ? "" : number}${line}`, ...boxes];
  }

  /** Writes each row as one line. */
  #table(table: Element, depth: number): string {
    const rows = descendants(table, "tr", new Set(["tbl"])).map((row) =>
      descendants(row, "tc", new Set(["tc"]))
        .map((cell) =>
          this.blocks(cell, depth + 1)
            .join(" ")
            .replace(/\s+/g, " ")
            .trim(),
        )
        .join(" | "),
    );
    return rows.filter((row) => /[^|\s]/.test(row)).join("\n");
  }

  #inline(element: Element, boxes: string[], depth: number): string {
    if (depth > deepest) return "";
    return childrenOf(element)
      .map((child) => this.#run(child, localName(child), boxes, depth))
      .join("");
  }

  #run(child: Element, name: string, boxes: string[], depth: number): string {
    if (passedOver.has(name)) return "";
    if (name === "t") return ownText(child);
    if (name === "tab" || name === "ptab") return " ";
    if (name === "br" || name === "cr") return attributeOf(child, "type") === "page" ? "\n\n" : "\n";
    if (name === "noBreakHyphen") return "-";
    if (name === "sym") return symbolOf(child);
    if (name === "footnoteReference" || name === "endnoteReference") return this.#reference(child, name);
    if (name === "txbxContent") {
      boxes.push(...this.blocks(child, depth + 1));
      return "";
    }
    if (name === "r" && childAt(child, "rPr", "vanish") !== undefined) return "";
    if (name === "f") return this.#fraction(child, boxes, depth);
    const inner = this.#inline(child, boxes, depth + 1);
    if (name === "sup" && inner !== "") return `^${inner}`;
    return name === "sub" && inner !== "" ? `_${inner}` : inner;
  }

  #fraction(child: Element, boxes: string[], depth: number): string {
    const part = (name: string) => {
      const found = childAt(child, name);
      return found === undefined ? "" : this.#inline(found, boxes, depth + 1);
    };
    return `${part("num")}/${part("den")}`;
  }

  #reference(child: Element, name: string): string {
    const key = `${name === "footnoteReference" ? "footnote" : "endnote"} ${attributeOf(child, "id")}`;
    if (!this.#parts.notes.has(key)) return "";
    this.#noted.push(key);
    return `[${this.#noted.length}]`;
  }
}

/** Descendants of a name, without descending into elements in `closed`. */
function descendants(element: Element, name: string, closed: ReadonlySet<string>, depth = 0): Element[] {
  if (depth > deepest) return [];
  return childrenOf(element).flatMap((child) => {
    const own = localName(child);
    if (own === name) return [child];
    return closed.has(own) || passedOver.has(own) ? [] : descendants(child, name, closed, depth + 1);
  });
}

/** A character of a symbol font; private use characters are meaningless without the font. */
function symbolOf(element: Element): string {
  const code = Number.parseInt(attributeOf(element, "char") ?? "", 16);
  const known: Record<number, string> = { 61694: "☑", 61608: "☐", 61551: "☐", 61692: "✓", 61623: "•" };
  if (!Number.isInteger(code) || code <= 0 || code > 0x10ffff) return "";
  return known[code] ?? (code >= 0xe000 && code <= 0xf8ff ? "" : String.fromCodePoint(code));
}

/** The notes of a part by `kind id`. */
export function notesOf(xml: Buffer | undefined, kind: "footnote" | "endnote"): [string, Element][] {
  if (xml === undefined) return [];
  return childrenOf(xmlRoot(xml.toString("utf8")), kind)
    .filter((note) => !/separator/i.test(attributeOf(note, "type") ?? ""))
    .map((note) => [`${kind} ${attributeOf(note, "id")}`, note]);
}
