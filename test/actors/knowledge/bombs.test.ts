import { deflateRawSync, deflateSync } from "node:zlib";
import anyTest, { type TestFn } from "ava";
import { DocumentReader } from "../../../actors/extraction/document-reader.ts";
import { pdfOf, zipOf } from "../../_kit/fakes/document-bytes.ts";
import { settingsOf } from "../../_kit/worlds/provider.ts";

const MiB = 1024 * 1024;
const test = anyTest as TestFn<{ reader: DocumentReader }>;
const call = { user: "anna" };

test.before((t) => {
  t.context = { reader: new DocumentReader(settingsOf({}).limits) };
});
test.after.always((t) => t.context.reader.stop());

/** 256 MiB of blanks. */
const blanks = (pack: (bytes: Buffer) => Buffer) => pack(Buffer.alloc(256 * MiB, " "));

test("documents that unpack to hundreds of megabytes fail, and take no memory of this process", async (t) => {
  const { reader } = t.context;
  const flate = blanks((bytes) => deflateSync(bytes));
  const pdf = pdfOf([{ content: flate, filter: "/FlateDecode" }]);
  const disguised = pdfOf([{ content: flate, filter: "/FlateDecode", extra: "/Subtype /Image" }]);
  const raw = blanks((bytes) => deflateRawSync(bytes));
  const docx = zipOf([{ name: "word/document.xml", data: raw, deflated: true, claimed: 5_000 }]);
  t.true(pdf.length < 2 * MiB && docx.length < 2 * MiB);
  const before = process.memoryUsage.rss();
  await t.throwsAsync(reader.read(pdf, "pdf", call), { message: /过大/ });
  await t.throwsAsync(reader.read(disguised, "pdf", call), { message: /内存过多|过大/ });
  await t.throwsAsync(reader.read(docx, "docx", call), { message: /过大/ });
  t.true(process.memoryUsage.rss() - before < 200 * MiB);
  t.is((await reader.read(Buffer.from("still here"), "text", call)).text, "still here");
});
