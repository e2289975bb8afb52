import type { Element } from "domhandler";
import { textContent } from "domutils";
import { childAt, childrenOf, localName, ownText, xmlRoot } from "./docx-xml.ts";
import { fragmentToText, htmlToText } from "./html-text.ts";

const maxDepth = 64;

/** XML as text: feed entries under their titles; for other XML, one line per element with text. */
export function xmlToText(xml: string): string {
  const root = xmlRoot(xml);
  if (root === undefined) return "";
  const name = localName(root);
  if (name === "html") return htmlToText(xml);
  if (name === "rss" || name === "RDF" || name === "feed") return feedToText(root);
  const lines: string[] = [];
  elementLines(root, lines, 0);
  return lines.join("\n");
}

function feedToText(root: Element): string {
  const channel = childAt(root, "channel") ?? root;
  const entries = [...childrenOf(channel), ...childrenOf(root)].filter((child) =>
    ["item", "entry"].includes(localName(child)),
  );
  const parts = [`# ${oneLine(childAt(channel, "title"))}`, oneLine(childAt(channel, "description"))];
  for (const entry of new Set(entries)) {
    const body = ["encoded", "content", "description", "summary"]
      .map((name) => childAt(entry, name))
      .find((found) => found !== undefined);
    const date = oneLine(childAt(entry, "pubDate") ?? childAt(entry, "updated"));
    parts.push(
      `## ${oneLine(childAt(entry, "title"))}`,
      date,
      body === undefined ? "" : fragmentToText(textContent(body)),
    );
  }
  return parts.filter((part) => part.replace(/^#+ /, "") !== "").join("\n\n");
}

function oneLine(element: Element | undefined): string {
  return element === undefined ? "" : textContent(element).replace(/\s+/g, " ").trim();
}

function elementLines(element: Element, lines: string[], depth: number): void {
  const name = localName(element);
  if (name === "script" || name === "style" || depth > maxDepth) return;
  const text = ownText(element).replace(/\s+/g, " ").trim();
  if (text !== "") lines.push(`${name}: ${text}`);
  for (const child of childrenOf(element)) elementLines(child, lines, depth + 1);
}
