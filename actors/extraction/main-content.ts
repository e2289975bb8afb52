import { Readability } from "@mozilla/readability";
import { parseHTML } from "linkedom";
import { serialize } from "parse5";
import { type HtmlElement, htmlRoot } from "./html-tree.ts";

const maxChars = 2_000_000;
const maxElements = 50_000;

/** The article of a page; undefined if there is none or the page is very large. */
export function mainContent(root: HtmlElement, chars: number): HtmlElement | undefined {
  if (chars > maxChars) return undefined;
  try {
    const { document } = parseHTML(`<!DOCTYPE html><html>${serialize(root)}</html>`);
    const page = document as unknown as ConstructorParameters<typeof Readability>[0];
    const article = new Readability(page, { maxElemsToParse: maxElements, keepClasses: false }).parse();
    const content = article?.content ?? "";
    return content === "" ? undefined : htmlRoot(content);
  } catch {
    // If the library fails, the whole page is used.
    return undefined;
  }
}
