import { Agent, type IncomingMessage, request } from "node:http";
import type { AddressInfo } from "node:net";
import anyTest, { type TestFn } from "ava";
import { getBytes, uploaded } from "../../_kit/fakes/files.ts";
import { within } from "../../_kit/judge/waiting.ts";
import { Api } from "../../_kit/worlds/api.ts";
import { mintToken } from "../../_kit/worlds/token.ts";

const test = anyTest as TestFn<{ api: Api; id: string; etag: string }>;
const anna = { user: "user_anna" };
const text = "twelve bytes";

test.before(async (t) => {
  const api = await Api.start();
  const id = await uploaded(api, anna, { name: "a.txt", type: "text/plain", bytes: text });
  const { headers } = await getBytes(api, anna, `/api/v1/files/${id}/download`);
  t.context = { api, id, etag: headers.get("etag") ?? "" };
});
test.after.always((t) => t.context.api?.stop());

interface Answer {
  status: number | undefined;
  /** Of the client's end, which tells connections apart. */
  port: number;
  length: string | undefined;
  body: string;
}

function ask(options: object): Promise<Answer> {
  const answer = new Promise<Answer>((resolve, reject) => {
    const req = request({ host: "127.0.0.1", ...options }, (res: IncomingMessage) => {
      const { port } = res.socket.address() as AddressInfo;
      let body = "";
      res.on("data", (part) => {
        body += String(part);
      });
      res.on("error", reject);
      res.on("end", () => {
        resolve({ status: res.statusCode, port, length: res.headers["content-length"], body });
      });
    });
    req.on("error", reject);
    req.end();
  });
  return within(answer, 10_000, "an answer");
}

test("an answer without a body leaves the connection for the next request", async (t) => {
  const { api, id, etag } = t.context;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.teardown(() => agent.destroy());
  const path = `/api/v1/files/${id}/download`;
  const headers = { authorization: `Bearer ${mintToken(anna.user)}` };
  const preflight = {
    origin: "https://chat.example",
    "access-control-request-method": "GET",
  };
  const go = (options: object) => ask({ agent, port: api.system.ports()[0], path, headers, ...options });
  const first = await go({});
  t.like(first, { status: 200, body: text });
  const asked: [object, number, string | undefined][] = [
    [{ method: "HEAD" }, 200, "12"],
    [{ method: "HEAD", path: `/api/v1/files/${id}/thumbnail` }, 200, undefined],
    [{ method: "HEAD", path: "/api/v1/files/none" }, 404, undefined],
    [{ headers: { ...headers, "if-none-match": etag } }, 304, undefined],
    [{ method: "OPTIONS", headers: preflight }, 204, undefined],
  ];
  for (const [options, status, length] of asked) {
    const note = JSON.stringify(options);
    const bare = await go(options);
    t.like(bare, { status, body: "", port: first.port }, note);
    if (length !== undefined) t.is(bare.length, length, note);
    // What has no body announces none (RFC 9110 section 8.6); 304 may repeat the length of the file.
    if (status < 400 && status !== 200) t.is(bare.length, undefined, note);
    t.like(await go({}), { status: 200, body: text, port: first.port }, note);
  }
});
