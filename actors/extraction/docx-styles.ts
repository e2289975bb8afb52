import type { Element } from "domhandler";
import { attributeOf, childAt, childrenOf } from "./docx-xml.ts";

/** Paragraph properties of a style. */
export interface ParagraphStyle {
  /** 1 to 6 for headings. */
  heading?: number;
  list?: { id: string; level: number };
}

const deepest = 20;

/** The paragraph styles of a Word document, with inheritance. */
export class DocxStyles {
  readonly #styles = new Map<string, Element>();

  constructor(styles: Element | undefined) {
    for (const style of childrenOf(styles, "style"))
      this.#styles.set(attributeOf(style, "styleId") ?? "", style);
  }

  /** Resolves `<w:pPr>` and its style. */
  of(properties: Element | undefined): ParagraphStyle {
    const result: ParagraphStyle = { ...outlineOf(properties), ...listOf(properties) };
    let id = attributeOf(childAt(properties, "pStyle"), "val");
    for (let depth = 0; id !== undefined && depth < deepest; depth++) {
      const style = this.#styles.get(id);
      const name = attributeOf(childAt(style, "name"), "val") ?? id;
      const own = {
        ...headingNamed(name),
        ...outlineOf(childAt(style, "pPr")),
        ...listOf(childAt(style, "pPr")),
      };
      if (result.heading === undefined && own.heading !== undefined) result.heading = own.heading;
      if (result.list === undefined && own.list !== undefined) result.list = own.list;
      id = attributeOf(childAt(style, "basedOn"), "val");
    }
    return result;
  }
}

function headingNamed(name: string): ParagraphStyle {
  const level = /^(?:heading|标题|标题样式|überschrift|titre)\s*([1-9])/i.exec(name)?.[1];
  if (level !== undefined) return { heading: Math.min(6, Number(level)) };
  return /^(?:title|标题)$/i.test(name) ? { heading: 1 } : {};
}

function outlineOf(properties: Element | undefined): ParagraphStyle {
  const level = attributeOf(childAt(properties, "outlineLvl"), "val");
  return level === undefined || Number(level) > 8 ? {} : { heading: Math.min(6, Number(level) + 1) };
}

function listOf(properties: Element | undefined): ParagraphStyle {
  const numbers = childAt(properties, "numPr");
  const id = attributeOf(childAt(numbers, "numId"), "val");
  if (id === undefined) return {};
  return { list: { id, level: Number(attributeOf(childAt(numbers, "ilvl"), "val") ?? 0) } };
}
