import { type IncomingMessage, request } from "node:http";
import anyTest, { type TestFn } from "ava";
import { getBytes, sha256, textOfSize, uploaded, url } from "../../_kit/fakes/files.ts";
import { FileVault, memoryOf } from "../../_kit/judge/file-vault.ts";
import { within } from "../../_kit/judge/waiting.ts";
import { Api } from "../../_kit/worlds/api.ts";
import { mintToken } from "../../_kit/worlds/token.ts";

const test = anyTest as TestFn<{ api: Api; id: string; bytes: Uint8Array }>;
const anna = { user: "user_anna" };
const size = 3_000_000;

test.before(async (t) => {
  const api = await Api.start();
  const bytes = textOfSize(size);
  const id = await uploaded(api, anna, { name: "big.txt", type: "text/plain", bytes });
  t.context = { api, bytes, id };
});
test.after.always((t) => t.context.api?.stop());

test("a range is a part, to the byte", async (t) => {
  const { api, id, bytes } = t.context;
  const path = `/api/v1/files/${id}/download`;
  const whole = Buffer.from(bytes);
  const ranges: [string, number, number][] = [
    ["bytes=0-0", 0, 1],
    ["bytes=0-", 0, size],
    ["bytes=131071-131072", 131_071, 131_073],
    ["bytes=1000000-1999999", 1_000_000, 2_000_000],
    ["bytes=2999999-", size - 1, size],
    ["bytes=-10", size - 10, size],
    ["bytes=-99999999", 0, size],
    ["bytes=2999990-99999999", size - 10, size],
  ];
  for (const [range, from, to] of ranges) {
    const answer = await getBytes(api, anna, path, { range });
    t.is(answer.status, 206, range);
    t.is(answer.headers.get("content-range"), `bytes ${from}-${to - 1}/${size}`);
    t.is(answer.headers.get("content-length"), String(to - from));
    t.true(answer.bytes.equals(whole.subarray(from, to)), range);
  }
  for (const range of ["bytes=3000000-", "bytes=99999999-999999999", "bytes=-0"]) {
    const answer = await getBytes(api, anna, path, { range });
    t.is(answer.status, 416, range);
    t.is(answer.headers.get("content-range"), `bytes */${size}`);
  }
  // What is no range of one part is as if nothing had been said.
  for (const range of ["bytes=0-1,5-6", "bytes=5-2", "lines=1-2", "bytes=-", "bytes=a-b"]) {
    const answer = await getBytes(api, anna, path, { range });
    t.is(answer.status, 200, range);
    t.is(answer.bytes.length, size);
    t.is(answer.headers.get("accept-ranges"), "bytes");
  }
});

test("a client that has it is not sent it again", async (t) => {
  const { api, id, bytes } = t.context;
  const path = `/api/v1/files/${id}/download`;
  const etag = `"${sha256(bytes)}"`;
  const first = await getBytes(api, anna, path, { range: "bytes=0-0" });
  t.is(first.headers.get("etag"), etag);
  for (const tag of [etag, `W/${etag}`, `"other", ${etag}`, "*"]) {
    const answer = await getBytes(api, anna, path, { "if-none-match": tag });
    t.is(answer.status, 304, tag);
    t.is(answer.bytes.length, 0);
    t.is(answer.headers.get("etag"), etag);
  }
  t.is((await getBytes(api, anna, path, { "if-none-match": '"other"', range: "bytes=0-1" })).status, 206);
  t.is((await getBytes(api, anna, path, { "if-range": etag, range: "bytes=0-1" })).status, 206);
  const changed = await getBytes(api, anna, path, { "if-range": '"other"', range: "bytes=0-1" });
  t.is(changed.status, 200);
  t.is(changed.bytes.length, size);
});

test("HEAD tells the size, and a token in the address is enough", async (t) => {
  const { api, id } = t.context;
  const address = `${url(api, `/api/v1/files/${id}/download`)}?token=${mintToken(anna.user)}`;
  const head = await fetch(address, { method: "HEAD" });
  t.is(head.status, 200);
  t.is(head.headers.get("content-length"), String(size));
  const answer = await fetch(address);
  t.is((await answer.arrayBuffer()).byteLength, size);
  t.is((await fetch(url(api, `/api/v1/files/${id}/download`))).status, 401);
});

test("what could run in a page is saved, and has no rights", async (t) => {
  const { api } = t.context;
  const bytes = `<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`;
  const id = await uploaded(api, anna, { name: "x.svg", type: "image/svg+xml", bytes });
  const { headers } = await getBytes(api, anna, `/api/v1/files/${id}/download`);
  t.is(headers.get("content-type"), "image/svg+xml");
  t.is(headers.get("content-disposition"), "attachment; filename=\"x.svg\"; filename*=UTF-8''x.svg");
  t.is(headers.get("x-content-type-options"), "nosniff");
  t.is(headers.get("content-security-policy"), "default-src 'none'; sandbox");
});

test.serial("a client that does not read costs the edge no memory", async (t) => {
  const { api } = t.context;
  const bytes = textOfSize(20 * 1024 * 1024);
  const id = await uploaded(api, anna, { name: "20.txt", type: "text/plain", bytes });
  const { pid } = api.system.edge(0);
  const before = memoryOf(pid).now;
  const count = 10;
  const answers = await Promise.all(
    Array.from({ length: count }, () => {
      return new Promise<IncomingMessage>((resolve, reject) => {
        const headers = { authorization: `Bearer ${mintToken(anna.user)}` };
        const req = request(url(api, `/api/v1/files/${id}/download`), { headers }, resolve);
        req.on("error", reject).end();
      });
    }),
  );
  // Nobody reads: what the sockets hold is all that has left.
  t.is((await api.call("GET", "/health", null)).status, 200);
  const grown = memoryOf(pid).peak - before;
  t.log(`${count} × 20 MiB: ${Math.round(grown)} MiB more`);
  t.true(grown < 100, `${Math.round(grown)} MiB`);
  const [first, ...others] = answers;
  for (const answer of others) answer.destroy();
  const parts: Buffer[] = [];
  const read = (async () => {
    for await (const part of first ?? []) parts.push(part as Buffer);
  })();
  await within(read, 30_000, "the whole file");
  t.is(sha256(Buffer.concat(parts)), sha256(bytes));
});

test("a body that is gone from the store is file_missing", async (t) => {
  const { api } = t.context;
  const id = await uploaded(api, anna, { name: "lost.txt", type: "text/plain", bytes: "lost soon" });
  const vault = await FileVault.open(api.system);
  t.teardown(() => vault.close());
  await vault.store.delete((await vault.file(id)).object);
  const answer = await api.call("GET", `/api/v1/files/${id}/download`, anna);
  t.is(answer.status, 404);
  t.deepEqual(answer.body, { error: "文件实体不存在(可能已被清理)", errorType: "file_missing" });
  // The same content, uploaded again, gives it back to every file that had it.
  await uploaded(api, anna, { name: "again.txt", type: "text/plain", bytes: "lost soon" });
  t.is((await getBytes(api, anna, `/api/v1/files/${id}/download`)).bytes.toString(), "lost soon");
});
