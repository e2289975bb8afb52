import { Readability } from "@mozilla/readability";
import { parseHTML } from "linkedom";
import { serialize } from "parse5";
import { type HtmlElement, htmlRoot } from "./html-tree.ts";

const maxChars = 2_000_000;
const maxElements = 50_000;

/** The part of a page that is its article; undefined where none stands out, or the page is very large. */
export function mainContent(root: HtmlElement, chars: number): HtmlElement | undefined {
  if (chars > maxChars) return undefined;
  try {
    const { document } = parseHTML(`<!DOCTYPE html><html>${serialize(root)}</html>`);
    const page = document as unknown as ConstructorParameters<typeof Readability>[0];
    const article = new Readability(page, { maxElemsToParse: maxElements, keepClasses: false }).parse();
    const content = article?.content ?? "";
    return content === "" ? undefined : htmlRoot(content);
  } catch {
    // A page that the library can't take is read as a whole.
    return undefined;
  }
}
