import test from "ava";
import { DocumentReader } from "../../../actors/extraction/document-reader.ts";
import { readDocument } from "../../../actors/extraction/document-text.ts";
import { formatOf } from "../../../actors/extraction/format.ts";
import { UnreadableError } from "../../../actors/extraction/unreadable-error.ts";
import { sampleDocx, samplePdf, sampleZip } from "../../_kit/fakes/sample-documents.ts";
import { settingsOf } from "../../_kit/worlds/provider.ts";

const mebibyte = 1024 * 1024;
const read = async (data: string | Uint8Array, type: string) => {
  const format = formatOf(type);
  if (format === undefined) throw new Error(type);
  const bytes = typeof data === "string" ? Buffer.from(data) : data;
  return (await readDocument(bytes, { format, maxBytes: 50 * mebibyte })).text;
};
const docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";

test("each kind becomes text with its headings", async (t) => {
  t.is(await read("# Title\n\nText", "text/markdown; charset=utf-8"), "# Title\n\nText");
  const html =
    "<html><head><title>x</title><style>p{}</style></head><body><nav>menu</nav><h1>Über</h1><p>Ein <b>Satz</b>.</p><script>alert(1)</script><ul><li>eins</li></ul></body></html>";
  const text = await read(html, "text/html");
  t.is(text, "# x\n\n## Über\n\nEin Satz.\n\n- eins");
  t.is(await read('name,city\nAnna,"Köln, am Rhein"\n', "text/csv"), "name: Anna; city: Köln, am Rhein");
  t.is(await read('{"a":{"b":[1,"zwei"]},"c":null}', "application/json"), "a.b[0]: 1\na.b[1]: zwei\nc: null");
  t.is(await read(samplePdf("Rinse the filter"), "application/pdf"), "Rinse the filter");
  t.is(await read(sampleDocx("Filter", "Rinse it."), docx), "# Filter\n\nRinse it.");
  t.is(await read(Buffer.from([0xd6, 0xd0, 0xce, 0xc4]), "text/plain"), "中文");
  for (const type of ["image/png", "application/zip", "audio/wav", ""]) t.is(formatOf(type), undefined, type);
});

test("what can't be read says why", async (t) => {
  const wrong: [Uint8Array | string, string, RegExp][] = [
    ["{not json", "application/json", /JSON/],
    ["not a pdf", "application/pdf", /PDF/],
    [samplePdf(""), "application/pdf", /扫描件/],
    ["not a zip", docx, /损坏/],
    [sampleZip({ "a.txt": "x" }), docx, /DOCX/],
    [sampleDocx("a", "b", 60 * mebibyte), docx, /过大/],
    ["  \n ", "text/plain", /没有可提取的文字/],
  ];
  for (const [data, type, reason] of wrong)
    await t.throwsAsync(read(data, type), { instanceOf: UnreadableError, message: reason }, type);
});

test("reading is bounded in time and length, and ends with the process", async (t) => {
  const { limits } = settingsOf({});
  const readers: DocumentReader[] = [];
  const reader = (changed: Partial<typeof limits> = {}) => {
    const made = new DocumentReader({ ...limits, ...changed });
    readers.push(made);
    return made;
  };
  t.teardown(() => {
    for (const one of readers) one.stop();
  });
  const text = Buffer.from("x".repeat(1_000));
  const call = { user: "anna" };
  t.is((await reader().read(text, "text", call)).text.length, 1_000);
  await t.throwsAsync(reader({ knowledgeTextChars: 999 }).read(text, "text", call), { message: "文档过长" });
  await t.throwsAsync(reader({ knowledgeParseMs: 1 }).read(text, "text", call), { message: "读取文档超时" });
  const signal = AbortSignal.abort(new Error("stopped"));
  await t.throwsAsync(reader().read(text, "text", { ...call, signal }), { message: "stopped" });
});
