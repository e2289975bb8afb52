import { deflateRawSync } from "node:zlib";
import { zipOf } from "../fakes/document-bytes.ts";
import { docxType, type Fixture } from "./fixture.ts";

const main = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
const names = `xmlns:w="${main}" xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"`;

const docx = (
  name: string,
  body: string,
  expected: string[],
  parts: Record<string, string> = {},
): Fixture => {
  return { name, type: docxType, bytes: docxOf(body, parts), expected };
};
const cell = (text: string) => `<w:tc>${p(text)}</w:tc>`;
const row = (...texts: string[]) => `<w:tr>${texts.map(cell).join("")}</w:tr>`;
const styled = (style: string, text: string) => p(text, `<w:pPr><w:pStyle w:val="${style}"/></w:pPr>`);
const item = (text: string, level = 0) =>
  p(text, `<w:pPr><w:numPr><w:ilvl w:val="${level}"/><w:numId w:val="1"/></w:numPr></w:pPr>`);

/** Word documents with content other than paragraphs. */
export function docxFixtures(): Fixture[] {
  return [
    docx("headings.docx", styled("Heading1", "Filter") + p("Rinse it."), ["# Filter\n\nRinse it."]),
    docx("chinese-styles.docx", styled("2", "行李") + p("最大重量。"), ["## 行李\n\n最大重量。"], {
      "styles.xml": '<w:style w:styleId="2"><w:name w:val="heading 2"/></w:style>',
    }),
    docx(
      "table.docx",
      `<w:tbl>${row("Part", "Price")}${row("KX-901", "23.50")}${row("KX-902", "31.00")}</w:tbl>`,
      ["Part | Price\nKX-901 | 23.50\nKX-902 | 31.00"],
    ),
    docx(
      "nested-table.docx",
      `<w:tbl><w:tr>${cell("A")}<w:tc><w:tbl>${row("b1", "b2")}</w:tbl>${p("B")}</w:tc></w:tr></w:tbl>`,
      ["A | b1 | b2 B"],
    ),
    docx(
      "fields.docx",
      `<w:p><w:r><w:t>Dear </w:t></w:r><w:fldSimple w:instr=" MERGEFIELD Name "><w:r><w:t>Gustav Holm</w:t></w:r></w:fldSimple></w:p>`,
      ["Dear Gustav Holm"],
    ),
    docx(
      "complex-field.docx",
      `<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>DATE</w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>3 May</w:t></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>`,
      ["3 May"],
    ),
    docx(
      "clauses.docx",
      item("甲方付款。") + item("细则一。", 1) + item("乙方交货。"),
      ["第一条 甲方付款。", "(a) 细则一。", "第二条 乙方交货。"],
      { "numbering.xml": numbering },
    ),
    docx("edges.docx", p("Body."), ["Contract KX-4471", "Body.", "Signed in Kiel"], {
      "header1.xml": p("Contract KX-4471"),
      "footer1.xml": p("Signed in Kiel"),
    }),
    ...notesAndChanges(),
  ];
}

function notesAndChanges(): Fixture[] {
  const box = `<w:p><w:r><mc:AlternateContent><mc:Choice Requires="wps"><wps:txbx><w:txbxContent>${p("Boxed words.")}</w:txbxContent></wps:txbx></mc:Choice><mc:Fallback>${p("Boxed words.")}</mc:Fallback></mc:AlternateContent></w:r></w:p>`;
  const run = (text: string, properties = "") =>
    `<w:r>${properties}<w:t xml:space="preserve">${text}</w:t></w:r>`;
  const math = (text: string) => `<m:r><m:t>${text}</m:t></m:r>`;
  const power = `<m:sSup><m:e>${math("x")}</m:e><m:sup>${math("2")}</m:sup></m:sSup>`;
  const fraction = `<m:f><m:num>${math("1")}</m:num><m:den>${math("4")}</m:den></m:f>`;
  const changed = `<w:p>${run("Pay ")}<w:del><w:r><w:delText>ten</w:delText></w:r></w:del><w:ins>${run("twenty")}</w:ins>${run(" euros.")}</w:p>`;
  const note = `<w:footnote w:id="2">${p("Its source.")}</w:footnote>`;
  const encrypted = Buffer.from("d0cf11e0a1b11ae1".padEnd(2_048, "0"), "hex");
  return [
    docx(
      "notes.docx",
      `<w:p>${run("A claim")}<w:r><w:footnoteReference w:id="2"/></w:r>${run(".")}</w:p>`,
      ["A claim[1].", "[1] Its source."],
      { "footnotes.xml": note },
    ),
    docx("equation.docx", `<w:p>${run("So ")}<m:oMath>${power}${math("=")}${fraction}</m:oMath></w:p>`, [
      "So x^2=1/4",
    ]),
    { ...docx("changes.docx", changed, ["Pay twenty euros."]), absent: ["ten euros", "delText"] },
    docx("box.docx", p("Before.") + box, ["Before.", "Boxed words."]),
    docx("control.docx", `<w:sdt><w:sdtPr/><w:sdtContent>${p("Chosen value.")}</w:sdtContent></w:sdt>`, [
      "Chosen value.",
    ]),
    {
      ...docx("hidden.docx", `<w:p>${run("Seen.")}${run("Unseen.", "<w:rPr><w:vanish/></w:rPr>")}</w:p>`, [
        "Seen.",
      ]),
      absent: ["Unseen"],
    },
    { name: "encrypted.docx", type: docxType, bytes: encrypted, expected: [], fails: /密码/ },
    {
      name: "no.docx",
      type: docxType,
      bytes: zipOf([{ name: "a.txt", data: "x" }]),
      expected: [],
      fails: /DOCX/,
    },
    { name: "broken.docx", type: docxType, bytes: Buffer.from("not a zip"), expected: [], fails: /损坏/ },
  ];
}

const numbering = `<w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="chineseCounting"/><w:lvlText w:val="第%1条"/></w:lvl><w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="lowerLetter"/><w:lvlText w:val="(%2)"/></w:lvl></w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>`;

function p(text: string, properties = ""): string {
  return `<w:p>${properties}<w:r><w:t xml:space="preserve">${text}</w:t></w:r></w:p>`;
}

const roots: Record<string, string> = {
  styles: "styles",
  numbering: "numbering",
  footnotes: "footnotes",
  header1: "hdr",
  footer1: "ftr",
};

function docxOf(body: string, parts: Record<string, string>): Buffer {
  const xml = (root: string, inner: string) =>
    `<?xml version="1.0" encoding="UTF-8"?><w:${root} ${names}>${inner}</w:${root}>`;
  const office = "http://schemas.openxmlformats.org";
  const members: [string, string][] = [
    ["[Content_Types].xml", `<?xml version="1.0"?><Types xmlns="${office}/package/2006/content-types"/>`],
    [
      "_rels/.rels",
      `<?xml version="1.0"?><Relationships xmlns="${office}/package/2006/relationships"><Relationship Id="rId1" Type="${office}/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>`,
    ],
    ["word/document.xml", xml("document", `<w:body>${body}</w:body>`)],
    ...Object.entries(parts).map(([name, inner]): [string, string] => [
      `word/${name}`,
      xml(roots[name.replace(".xml", "")] ?? "x", inner),
    ]),
  ];
  return zipOf(
    members.map(([name, text]) => {
      return {
        name,
        data: deflateRawSync(Buffer.from(text)),
        deflated: true,
        claimed: Buffer.byteLength(text),
      };
    }),
  );
}
