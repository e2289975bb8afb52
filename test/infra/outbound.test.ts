import { gzipSync } from "node:zlib";
import test from "ava";
import { isPublicAddress } from "../../infra/outbound-address.ts";
import { assertAllowedUrl, fetchOutbound, OutboundError } from "../../infra/outbound-http.ts";
import { ParleyError } from "../../schemas/errors.ts";
import { startWeb } from "../_kit/fakes/web-page.ts";
import { settingsOf } from "../_kit/worlds/provider.ts";

const closed = settingsOf({});
const open = settingsOf({
  ALLOW_PRIVATE_URLS: "true",
  LIMIT_OUTBOUND_BYTES: "100000",
  LIMIT_OUTBOUND_MS: "2000",
});

test("addresses that are not public are refused in every spelling", async (t) => {
  const refused = [
    "http://127.0.0.1/",
    "http://127.1:8080/",
    "http://2130706433/",
    "http://0177.0.0.1/",
    "http://0x7f000001/",
    "http://0.0.0.0/",
    "http://[::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:8.8.8.8]/",
    "http://[fe80::1]/",
    "http://[fd00::1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[2002:7f00:1::]/",
    "http://10.1.2.3/",
    "http://100.64.0.1/",
    "http://172.31.255.1/",
    "http://192.168.0.1/",
    "http://169.254.169.254/latest/meta-data",
    "http://localhost/",
    "http://localhost.:80/",
    "http://user@example.com/",
    "http://8.8.8.8:22/",
    "https://8.8.8.8:27017/",
    "file:///etc/passwd",
    "gopher://8.8.8.8/",
    "javascript:alert(1)",
    "not a url",
  ];
  for (const url of refused) {
    for (const attempt of [assertAllowedUrl, (one: string) => fetchOutbound({ url: one }, closed)]) {
      const err = await t.throwsAsync(attempt(url, closed), { instanceOf: ParleyError }, url);
      t.is(err?.errorType, "url_not_allowed", url);
    }
  }
  for (const address of ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111"])
    t.true(isPublicAddress(address), address);
});

test("what is not allowed is never asked, and redirects are followed only as far as allowed", async (t) => {
  const web = await startWeb(t, (path, response) => {
    if (path === "/to-file") response.writeHead(302, { location: "file:///etc/passwd" }).end();
    else if (path === "/loop") response.writeHead(302, { location: "/loop" }).end();
    else if (path === "/post") response.writeHead(303, { location: "/end" }).end();
    else response.end(path);
  });
  await t.throwsAsync(fetchOutbound({ url: web.origin }, closed), { instanceOf: ParleyError });
  t.deepEqual(web.asked, []);
  await t.throwsAsync(fetchOutbound({ url: `${web.origin}/to-file` }, open), { instanceOf: ParleyError });
  await t.throwsAsync(fetchOutbound({ url: `${web.origin}/loop` }, open), { instanceOf: OutboundError });
  t.is(web.asked.filter((path) => path === "/loop").length, 6);
  const answer = await fetchOutbound({ url: `${web.origin}/post`, method: "POST", body: "x" }, open);
  t.deepEqual([answer.url, String(answer.body)], [`${web.origin}/end`, "/end"]);
});

test("a redirect to another origin does not carry what was meant for the first", async (t) => {
  let heard: Record<string, unknown> = {};
  const other = await startWeb(t, (_path, response, { headers }) => {
    heard = headers;
    response.end();
  });
  const first = await startWeb(t, (_path, response) =>
    response.writeHead(307, { location: other.origin }).end(),
  );
  const headers = { authorization: "Bearer secret", "x-key": "secret", accept: "text/html" };
  await fetchOutbound({ url: first.origin, headers }, open);
  t.false(JSON.stringify(heard).includes("secret"));
  t.is(heard.accept, "text/html");
});

test("an answer is bounded in size, also when it unpacks to more, and in time", async (t) => {
  const web = await startWeb(t, (path, response) => {
    if (path === "/large") response.end(Buffer.alloc(100_001));
    else if (path === "/bomb")
      response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(Buffer.alloc(10_000_000)));
    else if (path === "/packed")
      response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync("hello"));
    else response.write("it never ends");
  });
  t.is(String((await fetchOutbound({ url: `${web.origin}/packed` }, open)).body), "hello");
  for (const path of ["large", "bomb", "slow"])
    await t.throwsAsync(
      fetchOutbound({ url: `${web.origin}/${path}` }, open),
      { instanceOf: OutboundError },
      path,
    );
  const gone = new AbortController();
  const asking = fetchOutbound({ url: `${web.origin}/slow`, signal: gone.signal }, open);
  gone.abort(new Error("enough"));
  await t.throwsAsync(asking, { message: "enough" });
});
