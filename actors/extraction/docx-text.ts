import { posix } from "node:path";
import { decodeText } from "./charset.ts";
import { DocxBody, notesOf } from "./docx-body.ts";
import { DocxNumbers } from "./docx-numbers.ts";
import { DocxStyles } from "./docx-styles.ts";
import { attributeOf, childrenOf, xmlRoot } from "./docx-xml.ts";
import { UnreadableError } from "./unreadable-error.ts";
import { zipMembers } from "./zip-members.ts";

const oleMark = "d0cf11e0a1b11ae1";

/**
 * The text of a Word document (Office Open XML): headings, lists with their numbers, tables row by row,
 * fields, equations, text boxes, notes, headers and footers; tracked changes as accepted. @throws
 * UnreadableError
 */
export async function docxToText(bytes: Uint8Array, maxBytes: number): Promise<string> {
  if (Buffer.from(bytes.subarray(0, 8)).toString("hex") === oleMark)
    throw new UnreadableError("文档受密码保护,或是旧的 DOC 格式,无法读取");
  const members = await zipMembers(bytes, maxBytes, (name) => /\.(xml|rels)$/i.test(name));
  const main = mainPart(members);
  const body = members.get(main);
  if (body === undefined) throw new UnreadableError("不是有效的 DOCX");
  const folder = posix.dirname(main);
  const part = (name: string) => members.get(posix.join(folder, name));
  const root = rootOf(body);
  if (root === undefined) throw new UnreadableError("不是有效的 DOCX");
  const parts = {
    styles: new DocxStyles(rootOf(part("styles.xml"))),
    numbers: new DocxNumbers(rootOf(part("numbering.xml"))),
    notes: new Map([
      ...notesOf(part("footnotes.xml"), "footnote"),
      ...notesOf(part("endnotes.xml"), "endnote"),
    ]),
  };
  const reader = new DocxBody(parts);
  const edges = (kind: string) => edgeTexts(members, folder, kind, reader);
  const headers = edges("header");
  const blocks = reader.blocks(root);
  const text = [...headers, ...blocks, ...reader.notes(), ...edges("footer")];
  return text.filter((block) => block.trim() !== "").join("\n\n");
}

function rootOf(xml: Buffer | undefined) {
  if (xml === undefined) return undefined;
  return xmlRoot(decodeText(xml, { markup: true })?.text ?? xml.toString("utf8"));
}

/** Name of the body part, from the package relationships. */
function mainPart(members: ReadonlyMap<string, Buffer>): string {
  const relations = childrenOf(rootOf(members.get("_rels/.rels")), "Relationship");
  const found = relations.find((one) => /\/officeDocument$/.test(attributeOf(one, "Type") ?? ""));
  const target = attributeOf(found, "Target") ?? "word/document.xml";
  return posix.join(".", target.replace(/^\//, ""));
}

/** Distinct texts of all headers or footers; those of first, even and other pages often repeat. */
function edgeTexts(
  members: ReadonlyMap<string, Buffer>,
  folder: string,
  kind: string,
  reader: DocxBody,
): string[] {
  const names = [...members.keys()].filter(
    (name) => posix.dirname(name) === folder && new RegExp(`^${kind}\\d*\\.xml$`).test(posix.basename(name)),
  );
  const texts = names.toSorted().map((name) => {
    const root = rootOf(members.get(name));
    return root === undefined ? "" : reader.blocks(root).join("\n");
  });
  // Skip bare page numbers.
  return [...new Set(texts)].filter((text) => /\p{L}/u.test(text));
}
