import { Parser } from "htmlparser2";

const skipped = new Set([
  "script",
  "style",
  "noscript",
  "template",
  "svg",
  "head",
  "iframe",
  "nav",
  "footer",
  "form",
]);
const blocks = new Set([
  "address",
  "article",
  "aside",
  "blockquote",
  "br",
  "dd",
  "div",
  "dl",
  "dt",
  "figcaption",
  "figure",
  "header",
  "hr",
  "li",
  "main",
  "ol",
  "p",
  "pre",
  "section",
  "table",
  "tbody",
  "thead",
  "tr",
  "ul",
]);
const cells = new Set(["td", "th"]);
const headings = /^h[1-6]$/;

/** What a reader sees of an HTML page, as Markdown with its headings; scripts, navigation and forms are left out. */
export function htmlToText(html: string): string {
  const parts: string[] = [];
  let skipping = 0;
  let pre = 0;
  const parser = new Parser(
    {
      onopentagname(name) {
        if (skipped.has(name)) skipping += 1;
        if (name === "pre") pre += 1;
        if (headings.test(name)) parts.push(`\n\n${"#".repeat(Number(name[1]))} `);
        else if (name === "li") parts.push("\n- ");
        else if (blocks.has(name)) parts.push("\n");
      },
      ontext(text) {
        if (skipping === 0) parts.push(pre > 0 ? text : text.replace(/\s+/g, " "));
      },
      onclosetag(name) {
        if (skipped.has(name)) skipping = Math.max(0, skipping - 1);
        if (name === "pre") pre = Math.max(0, pre - 1);
        if (headings.test(name) || name === "p" || name === "table") parts.push("\n\n");
        else if (cells.has(name)) parts.push(" | ");
        else if (blocks.has(name) && name !== "br") parts.push("\n");
      },
    },
    { decodeEntities: true, lowerCaseTags: true },
  );
  parser.write(html);
  parser.end();
  return tidy(parts.join(""));
}

function tidy(text: string): string {
  return (
    text
      .replace(/[ \t]+\n/g, "\n")
      .replace(/\n[ \t]+(?=\S)/g, "\n")
      // A heading whose text began with white space or a tag.
      .replace(/^(#{1,6})\s+/gm, "$1 ")
      .replace(/\n{3,}/g, "\n\n")
      .trim()
  );
}
