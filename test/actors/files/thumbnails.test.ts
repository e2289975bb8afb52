import anyTest, { type TestFn } from "ava";
import sharp from "sharp";
import { getBytes, type TestFile, uploaded } from "../../_kit/fakes/files.ts";
import { samplePdf } from "../../_kit/fakes/sample-documents.ts";
import { FileVault } from "../../_kit/judge/file-vault.ts";
import { Api } from "../../_kit/worlds/api.ts";

const test = anyTest as TestFn<{ api: Api }>;
const anna = { user: "user_anna" };

test.before(async (t) => {
  t.context = { api: await Api.start({ env: { LIMIT_IMAGE_PIXELS: "4000000" } }) };
});
test.after.always((t) => t.context.api?.stop());

const picture = (width: number, height: number, background = "#3060c0") =>
  sharp({ create: { width, height, channels: 3, background } });

async function thumbnail(api: Api, file: TestFile) {
  const id = await uploaded(api, anna, file);
  return getBytes(api, anna, `/api/v1/files/${id}/thumbnail`);
}

test("a picture's thumbnail is a JPEG of at most 300 × 300, upright, made once", async (t) => {
  const { api } = t.context;
  const bytes = await picture(1200, 600).withMetadata({ orientation: 6 }).jpeg().toBuffer();
  const id = await uploaded(api, anna, { name: "a.jpg", type: "image/jpeg", bytes });
  const path = `/api/v1/files/${id}/thumbnail`;
  const many = await Promise.all(Array.from({ length: 20 }, () => getBytes(api, anna, path)));
  for (const answer of many) {
    t.is(answer.status, 200);
    t.true(answer.bytes.equals(many[0]?.bytes ?? Buffer.alloc(0)));
  }
  const [first] = many;
  t.is(first?.headers.get("content-type"), "image/jpeg");
  t.is(first?.headers.get("cache-control"), "public, max-age=86400");
  t.is(first?.headers.get("vary"), "authorization", "a shared cache gives it to nobody else");
  t.like(await sharp(first?.bytes).metadata(), { format: "jpeg", width: 150, height: 300 });
  const vault = await FileVault.open(api.system);
  t.teardown(() => vault.close());
  const { hash } = await vault.file(id);
  const made = await vault.store.info(`thumb_${hash}`);
  await getBytes(api, anna, path);
  const again = await vault.store.info(`thumb_${hash}`);
  t.is(again?.revision, made?.revision);
  t.is((await vault.objects()).filter((name) => name === `thumb_${hash}`).length, 1);
  const etag = first?.headers.get("etag") ?? "";
  t.is((await getBytes(api, anna, path, { "if-none-match": etag })).status, 304);
});

test("every kind of picture has one", async (t) => {
  const { api } = t.context;
  const kinds: [string, string | Uint8Array, number][] = [
    ["image/png", await picture(30, 30).png().toBuffer(), 30],
    ["image/gif", await picture(400, 400).gif().toBuffer(), 300],
    ["image/webp", await picture(301, 10).webp().toBuffer(), 300],
  ];
  for (const [type, bytes, width] of kinds) {
    const answer = await thumbnail(api, { name: "a", type, bytes });
    t.is(answer.headers.get("content-type"), "image/jpeg", type);
    t.is((await sharp(answer.bytes).metadata()).width, width, type);
  }
});

test("other kinds, and what can't be read, have a drawing", async (t) => {
  const { api } = t.context;
  // 9 million pixels, over this edge's bound, in a few KiB.
  const bomb = await picture(3000, 3000).png({ compressionLevel: 9 }).toBuffer();
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"><rect width="40" height="20"/></svg>`;
  const cut = (await picture(800, 800, "#aabbcc").png().toBuffer()).subarray(0, 200);
  const files: [TestFile, string][] = [
    [{ name: "a.pdf", type: "application/pdf", bytes: samplePdf("x") }, "PDF"],
    [{ name: "a.txt", type: "text/plain", bytes: "x" }, "TXT"],
    [{ name: "a.md", type: "text/markdown", bytes: "x" }, "MD"],
    [{ name: "a.png", type: "image/png", bytes: bomb }, "IMG"],
    [{ name: "a.svg", type: "image/svg+xml", bytes: svg }, "IMG"],
    [{ name: "b.png", type: "image/png", bytes: cut }, "IMG"],
  ];
  for (const [file, label] of files) {
    const answer = await thumbnail(api, file);
    t.is(answer.status, 200);
    t.is(answer.headers.get("content-type"), "image/svg+xml", file.name);
    t.true(answer.bytes.toString().includes(`>${label}<`), file.name);
    t.is(answer.headers.get("cache-control"), "public, max-age=86400");
    t.like(await sharp(answer.bytes).metadata(), { format: "svg", width: 300, height: 300 });
  }
});
