import anyTest, { type TestFn } from "ava";
import {
  getBytes,
  sha256,
  type TestFile,
  textOfSize,
  tinyPng,
  upload,
  uploaded,
  url,
} from "../../_kit/fakes/files.ts";
import { sampleDocx, samplePdf, sampleZip } from "../../_kit/fakes/sample-documents.ts";
import { Api } from "../../_kit/worlds/api.ts";
import { mintToken } from "../../_kit/worlds/token.ts";

const test = anyTest as TestFn<{ api: Api }>;
const anna = { user: "user_anna" };
const mebibyte = 1024 * 1024;
const docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";

test.before(async (t) => {
  t.context = { api: await Api.start() };
});
test.after.always((t) => t.context.api?.stop());

test("a file comes back as it was, with its metadata", async (t) => {
  const { api } = t.context;
  const bytes = textOfSize(300_000);
  const { status, body } = await upload(api, anna, { name: "笔记 (1).txt", type: "text/plain", bytes });
  t.is(status, 201);
  t.like(body, { filename: "笔记 (1).txt", mime_type: "text/plain", size: 300_000 });
  t.is(body.url, `/api/v1/files/${body.id}/download`);
  t.is(body.thumbnail_url, undefined);
  const view = await api.call("GET", `/api/v1/files/${body.id}`, anna);
  t.like(view.body, { id: body.id, user_id: "user_anna", hash: sha256(bytes), is_public: false });
  t.is(typeof view.body.created_at, "number");
  const down = await getBytes(api, anna, body.url as string);
  t.is(down.status, 200);
  t.true(down.bytes.equals(bytes));
  t.is(down.headers.get("content-length"), "300000");
  t.is(down.headers.get("x-content-type-options"), "nosniff");
  t.is(
    down.headers.get("content-disposition"),
    "attachment; filename=\"__ (1).txt\"; filename*=UTF-8''%E7%AC%94%E8%AE%B0%20%281%29.txt",
  );
});

test("20 MB is the most, to the byte", async (t) => {
  const { api } = t.context;
  const file = (bytes: number) => ({ name: "a.txt", type: "text/plain", bytes: textOfSize(bytes) });
  for (const bytes of [20 * mebibyte, 20 * mebibyte - 1]) {
    const { status, body, text } = await upload(api, anna, file(bytes));
    t.is(status, 201, text);
    t.is(body.size, bytes);
  }
  for (const bytes of [20 * mebibyte + 1, 30 * mebibyte]) {
    const { status, body } = await upload(api, anna, file(bytes));
    t.is(status, 400);
    t.deepEqual(body, { error: "文件大小超过限制 (最大 20MB)", errorType: "file_too_large" });
  }
});

test("a file is what its bytes say", async (t) => {
  const { api } = t.context;
  const svg = `<?xml version="1.0"?><!-- a drawing --><svg xmlns="http://www.w3.org/2000/svg"/>`;
  const drawn = `<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "svg11.dtd" [\n<!ENTITY ns "http://www.w3.org/2000/svg">\n]>\n<svg xmlns="&ns;"/>`;
  const good: [TestFile, string][] = [
    [{ name: "a.png", type: "image/png", bytes: tinyPng }, "image/png"],
    [{ name: "a", type: "application/octet-stream", bytes: tinyPng }, "image/png"],
    [{ name: "a.svg", type: "image/svg+xml", bytes: svg }, "image/svg+xml"],
    [{ name: "b.svg", type: "image/svg+xml", bytes: drawn }, "image/svg+xml"],
    [{ name: "a.pdf", type: "application/pdf", bytes: samplePdf("hi") }, "application/pdf"],
    [{ name: "a.docx", type: docx, bytes: sampleDocx("a", "b") }, docx],
    [{ name: "a.docx", type: "application/octet-stream", bytes: sampleDocx("a", "b") }, docx],
    [{ name: "a.txt", type: "text/plain", bytes: "BMW baut Autos" }, "text/plain"],
    [{ name: "a.txt", type: "text/plain", bytes: Buffer.from([0xd6, 0xd0, 0xce, 0xc4]) }, "text/plain"],
    [{ name: "a.txt", type: "text/plain", bytes: "" }, "text/plain"],
    [{ name: "a.md", type: "application/octet-stream", bytes: "# Title" }, "text/markdown"],
    [{ name: "a.md", type: "text/plain", bytes: "# Title" }, "text/markdown"],
    [{ name: "a.json", type: "text/plain", bytes: "{}" }, "application/json"],
    [{ name: "a.csv", type: "application/vnd.ms-excel", bytes: "a,b\n1,2\n" }, "text/csv"],
    [{ name: "a.json", type: "application/json", bytes: "{}" }, "application/json"],
    [{ name: "a.wav", type: "audio/x-wav", bytes: wav() }, "audio/wav"],
  ];
  for (const [file, type] of good) {
    const { status, body, text } = await upload(api, anna, file);
    t.is(status, 201, `${file.name} ${file.type}: ${text}`);
    t.is(body.mime_type, type);
  }
  const bad: TestFile[] = [
    { name: "a.png", type: "image/png", bytes: "not a picture" },
    { name: "a.jpg", type: "image/jpeg", bytes: tinyPng },
    { name: "a.txt", type: "text/plain", bytes: tinyPng },
    { name: "a.pdf", type: "application/pdf", bytes: "text" },
    { name: "a.docx", type: docx, bytes: sampleZip({ "a.txt": "x" }) },
    { name: "a.svg", type: "image/svg+xml", bytes: "<html><svg></svg></html>" },
    { name: "a.html", type: "text/html", bytes: "<p>hi</p>" },
    { name: "a.html", type: "application/octet-stream", bytes: "<p>hi</p>" },
    { name: "a.zip", type: "application/zip", bytes: sampleZip({ "a.txt": "x" }) },
    { name: "a.exe", type: "application/x-msdownload", bytes: "MZ" },
  ];
  for (const file of bad) {
    const { status, body } = await upload(api, anna, file);
    t.is(status, 400, `${file.name} ${file.type}`);
    t.is(body.errorType, "unsupported_type");
    t.true(String(body.error).startsWith("不支持的文件类型: "), String(body.error));
  }
});

test("a name is safe to save under", async (t) => {
  const names: [string, string][] = [
    ["../../etc/passwd", "passwd"],
    ["C:\\Users\\me\\报告.txt", "报告.txt"],
    ["a\u202Egpj.exe.txt", "agpj.exe.txt"],
    ["  .hidden  ", "hidden"],
    ["con.txt", "_con.txt"],
    ["a<b>|c?*.txt", "a_b__c__.txt"],
    ["....", "file"],
    ['a"b\r\n.txt', "a_b__.txt"],
    ["👩🏽‍💻 می‌خواهم क्‍ष.txt", "👩🏽‍💻 می‌خواهم क्‍ष.txt"],
    ["pay\u200Dpal\u200C.txt", "paypal.txt"],
    [`${"长".repeat(200)}.txt`, `${"长".repeat(83)}.txt`],
  ];
  for (const [name, clean] of names) {
    const { body, text } = await upload(t.context.api, anna, { name, type: "text/plain", bytes: "x" });
    t.is(body.filename, clean, text);
  }
});

test("what is no form with a file is refused", async (t) => {
  const { api } = t.context;
  const path = "/api/v1/files/upload";
  t.is((await api.call("POST", path, anna, {})).status, 400);
  const boundary = { "content-type": "multipart/form-data; boundary=x" };
  const part = (name: string) =>
    `--x\r\nContent-Disposition: form-data; name="${name}"; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\nhi\r\n`;
  const bodies: [string, Record<string, string>][] = [
    ["", { "content-type": "multipart/form-data" }],
    ["", boundary],
    ["nothing of the kind", boundary],
    [`${part("file")}`, boundary],
    [`${part("other")}--x--\r\n`, boundary],
    [`${part("file")}${part("file")}--x--\r\n`, boundary],
    [`--x\r\nContent-Disposition: form-data; name="file"\r\n\r\nhi\r\n--x--\r\n`, boundary],
  ];
  const port = api.system.ports()[0];
  const authorization = `Bearer ${mintToken(anna.user)}`;
  for (const [body, headers] of bodies) {
    const init = { method: "POST", headers: { ...headers, authorization }, body };
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, init);
    t.is(answer.status, 400, `${JSON.stringify(body)} ${await answer.clone().text()}`);
    t.is(((await answer.json()) as { errorType: string }).errorType, "invalid_request");
  }
  const ok = `${part("other")}--x\r\nContent-Disposition: form-data; name="note"\r\n\r\nhi\r\n${part("file")}--x--\r\n`;
  const init = { method: "POST", headers: { ...boundary, authorization }, body: ok };
  t.is((await fetch(`http://127.0.0.1:${port}${path}`, init)).status, 201);
});

test("a part without a type is what its name and bytes say", async (t) => {
  const { api } = t.context;
  const headers = {
    "content-type": "multipart/form-data; boundary=x",
    authorization: `Bearer ${mintToken(anna.user)}`,
  };
  const head = (name: string) =>
    Buffer.from(`--x\r\nContent-Disposition: form-data; name="file"; filename="${name}"\r\n\r\n`);
  const cases: [string, Uint8Array, string | undefined][] = [
    ["a.png", tinyPng, "image/png"],
    ["a.pdf", samplePdf("x"), "application/pdf"],
    ["a.txt", Buffer.from("text"), "text/plain"],
    ["a.txt", tinyPng, undefined],
    ["a.pdf", tinyPng, undefined],
  ];
  for (const [name, bytes, type] of cases) {
    const body = Buffer.concat([head(name), bytes, Buffer.from("\r\n--x--\r\n")]);
    const answer = await fetch(url(api, "/api/v1/files/upload"), { method: "POST", headers, body });
    t.is(((await answer.json()) as { mime_type?: string }).mime_type, type, name);
  }
});

test("a list has pages", async (t) => {
  const { api } = t.context;
  const user = { user: "user_lister" };
  const ids: string[] = [];
  for (let i = 0; i < 5; i++)
    ids.push(await uploaded(api, user, { name: `${i}.png`, type: "image/png", bytes: tinyPng }));
  const first = await api.call("GET", "/api/v1/files?page=1&limit=2", user);
  t.like(first.body, { total: 5, page: 1, limit: 2 });
  const files = first.body.files as { id: string; thumbnail_url: string; url: string }[];
  t.deepEqual(
    files.map(({ id }) => id),
    [ids[4], ids[3]],
  );
  t.is(files[0]?.thumbnail_url, `/api/v1/files/${ids[4]}/thumbnail`);
  const last = await api.call("GET", "/api/v1/files?page=3&limit=2", user);
  t.is((last.body.files as unknown[]).length, 1);
  t.is((await api.call("GET", "/api/v1/files?limit=0", user)).status, 400);
});

test("a deleted file is gone, and nobody has another's", async (t) => {
  const { api } = t.context;
  const id = await uploaded(api, anna, { name: "mine.txt", type: "text/plain", bytes: "mine" });
  const bob = { user: "user_bob" };
  const calls: [string, string][] = [
    ["GET", `/api/v1/files/${id}`],
    ["GET", `/api/v1/files/${id}/download`],
    ["GET", `/api/v1/files/${id}/thumbnail`],
    ["DELETE", `/api/v1/files/${id}`],
  ];
  for (const [method, path] of calls) {
    const { status, body } = await api.call(method, path, bob);
    t.is(status, 404, path);
    t.deepEqual(body, { error: "文件不存在", errorType: "not_found" });
    t.is((await api.call(method, path, null)).status, 401);
  }
  const gone = await api.call("DELETE", `/api/v1/files/${id}`, anna);
  t.deepEqual(gone.body, { status: "deleted" });
  for (const [method, path] of calls) t.is((await api.call(method, path, anna)).status, 404);
});

function wav(): Buffer {
  const head = Buffer.alloc(44);
  head.write("RIFF", 0);
  head.writeUInt32LE(36, 4);
  head.write("WAVEfmt ", 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(8_000, 24);
  head.writeUInt32LE(16_000, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write("data", 36);
  return head;
}
