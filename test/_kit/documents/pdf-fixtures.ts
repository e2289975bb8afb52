import { deflateSync } from "node:zlib";
import { type PageStream, type PdfParts, pdfOf } from "../fakes/document-bytes.ts";
import type { Fixture } from "./fixture.ts";

const collections = {
  GB1: { font: "STSong-Light", cmap: "UniGB-UCS2-H", text: "发票号码 04403219 购买方 青岛海风贸易有限公司" },
  CNS1: { font: "MSung-Light", cmap: "UniCNS-UCS2-H", text: "發票號碼 4471 合計三千元" },
  Japan1: { font: "HeiseiMin-W3", cmap: "UniJIS-UCS2-H", text: "請求書番号 4471 合計 三千円" },
  Korea1: { font: "HYSMyeongJo-Medium", cmap: "UniKS-UCS2-H", text: "청구서 번호 4471 합계 삼천원" },
} as const;
type Collection = keyof typeof collections;

const fixture = (name: string, bytes: Buffer, ...expected: string[]): Fixture => {
  return { name, type: "application/pdf", bytes, expected };
};
const hyphens = ["The maximum weight is lim-", "ited to twenty-three kilo-", "grams for each passenger."];
const long = "The refund period for order KX-901 is";
const book = Array.from({ length: 5 }, (_, i) =>
  page([`Ferry handbook`, `Chapter ${i + 1} tells about part ${i + 1}.`, `${i + 1}`], 300),
);

/** PDFs like typical invoices, forms, scans and books. */
export function pdfFixtures(): Fixture[] {
  return [
    ...(Object.keys(collections) as Collection[]).map((name) =>
      fixture(`${name.toLowerCase()}.pdf`, foreign(name), collections[name].text),
    ),
    fixture("gbk-euc.pdf", national(), "中文发票"),
    fixture(
      "mixed-fonts.pdf",
      foreign("GB1", "BT /F1 12 Tf 60 700 Td (Invoice KX-901 of March) Tj ET"),
      collections.GB1.text,
      "Invoice KX-901 of March",
    ),
    fixture(
      "hyphens.pdf",
      pdfOf([{ content: page(hyphens) }]),
      "is limited to twenty-three kilograms for each passenger.",
    ),
    fixture(
      "page-turn.pdf",
      pdfOf([{ content: page([long]) }, { content: page(["forty-five days after delivery."]) }]),
      `${long} forty-five days after delivery.`,
    ),
    {
      ...fixture(
        "running-lines.pdf",
        pdfOf(book.map((content) => ({ content }))),
        "Chapter 3 tells about part 3.",
      ),
      absent: ["Ferry handbook"],
    },
    fixture("form.pdf", form(), "Passenger", "Gustav Holm 4471", "Cabin: Yes"),
    ...oddFiles(),
  ];
}

function oddFiles(): Fixture[] {
  const sentence = "Rinse the filter every second week.";
  const plain = page([sentence]);
  const whole = pdfOf([{ content: plain }]);
  const packed = { content: deflateSync(Buffer.from(plain)), filter: "/FlateDecode" };
  const withoutTable = whole.toString("latin1").replace(/startxref\n\d+/, "startxref\n7");
  const list = page(["Bring with you:", "1. a passport", "2. a ticket"]);
  return [
    fixture("compressed.pdf", pdfOf([packed]), sentence),
    fixture("newline-first.pdf", Buffer.concat([Buffer.from("\n\n"), whole]), sentence),
    fixture("junk-behind.pdf", Buffer.concat([whole, Buffer.from("junk".repeat(50))]), sentence),
    fixture("no-xref.pdf", Buffer.from(withoutTable, "latin1"), sentence),
    fixture("list.pdf", pdfOf([{ content: list }]), "1. a passport\n2. a ticket"),
    { ...fixture("scan.pdf", pdfOf([{ content: "q 100 0 0 100 0 0 cm Q" }])), fails: /扫描件/ },
    {
      ...fixture("half-scan.pdf", pdfOf([{ content: plain }, { content: "q Q" }]), sentence),
      warning: /第 2 页没有文字层/,
    },
    { ...fixture("locked.pdf", locked()), fails: /密码/ },
    { ...fixture("no.pdf", Buffer.from("not a pdf at all")), fails: /不是有效的 PDF/ },
  ];
}

/** A content stream with a text line every `leading` points. */
function page(lines: readonly string[], leading = 14): string {
  const shown = lines.map((line) => `(${line}) Tj 0 -${leading} Td`);
  return `BT /F1 12 Tf 72 740 Td ${shown.join(" ")} ET`;
}

function foreign(name: Collection, more = ""): Buffer {
  const { font, cmap, text } = collections[name];
  const hex = Buffer.from(text, "utf16le").swap16().toString("hex");
  return cidFont(name, font, cmap, [{ content: `BT /F2 14 Tf 60 760 Td <${hex}> Tj ET ${more}` }]);
}

/** In the national encoding instead of Unicode. */
function national(): Buffer {
  return cidFont("GB1", "STSong-Light", "GBK-EUC-H", [
    { content: "BT /F2 14 Tf 60 760 Td <d6d0cec4b7a2c6b1> Tj ET" },
  ]);
}

function cidFont(ordering: string, font: string, cmap: string, pages: PageStream[]): Buffer {
  return pdfOf(pages, {
    fonts: "/F2 100 0 R",
    objects: [
      `<< /Type /Font /Subtype /Type0 /BaseFont /${font}-${cmap} /Encoding /${cmap} /DescendantFonts [101 0 R] >>`,
      `<< /Type /Font /Subtype /CIDFontType0 /BaseFont /${font} /DW 1000 /FontDescriptor 102 0 R /CIDSystemInfo << /Registry (Adobe) /Ordering (${ordering}) /Supplement 2 >> >>`,
      `<< /Type /FontDescriptor /FontName /${font} /Flags 6 /FontBBox [-25 -254 1000 880] /ItalicAngle 0 /Ascent 880 /Descent -120 /CapHeight 880 /StemV 93 >>`,
    ],
  });
}

function form(): Buffer {
  const parts: PdfParts = {
    page: "/Annots [100 0 R 101 0 R 102 0 R]",
    catalog: "/AcroForm << /Fields [100 0 R 101 0 R 102 0 R] >>",
    objects: [
      "<< /Type /Annot /Subtype /Widget /FT /Tx /T (name) /V (Gustav Holm 4471) /Rect [150 690 300 710] /P 10 0 R >>",
      "<< /Type /Annot /Subtype /Widget /FT /Btn /T (Cabin) /V /Yes /AS /Yes /Rect [150 660 170 680] /P 10 0 R /AP << /N << /Yes 103 0 R >> >> >>",
      "<< /Type /Annot /Subtype /Widget /FT /Tx /Ff 8192 /T (pin) /V (hunter2) /Rect [150 630 300 650] /P 10 0 R >>",
      "<< /Type /XObject /Subtype /Form /BBox [0 0 20 20] /Length 0 >>\nstream\n\nendstream",
    ],
  };
  return pdfOf([{ content: "BT /F1 12 Tf 72 694 Td (Passenger:) Tj ET" }], parts);
}

/** An encrypted PDF with a non-empty user password: its check value matches no known password. */
function locked(): Buffer {
  const value = "a1".repeat(32);
  const encrypt = `/Encrypt << /Filter /Standard /V 1 /R 2 /O <${value}> /U <${value}> /P -4 >> /ID [<00112233445566778899aabbccddeeff> <00112233445566778899aabbccddeeff>]`;
  const plain = pdfOf([{ content: page(["secret"]) }]).toString("latin1");
  return Buffer.from(plain.replace("/Root 1 0 R", `/Root 1 0 R ${encrypt}`), "latin1");
}
