import { connect } from "node:net";
import anyTest, { type TestFn } from "ava";
import { within } from "../../_kit/judge/waiting.ts";
import type { TestEdge } from "../../_kit/worlds/edge.ts";
import { startEdgeWorld } from "../../_kit/worlds/edge-world.ts";
import { mintToken } from "../../_kit/worlds/token.ts";

const test = anyTest as TestFn<{ edge: TestEdge; stop: () => Promise<void> }>;

test.before(async (t) => {
  const { edge, stop } = await startEdgeWorld({
    TRUST_PROXY: "false",
    LIMIT_JSON_BODY_BYTES: "2000",
    LIMIT_BODY_TIMEOUT_MS: "400",
    ALLOWED_ORIGINS: "https://chat.example",
  });
  t.context = { edge, stop };
});
test.after.always((t) => t.context.stop());

const token = mintToken("user_alice");
const host = "Host: x\r\n";
const json = "Content-Type: application/json\r\n";
const bearer = `Authorization: Bearer ${token}\r\n`;

/** Sends bytes on a fresh connection and reads until it closes or a whole answer is there. */
async function raw(port: number, text: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  let answer = "";
  const done = new Promise<string>((resolve) => {
    const look = () => {
      const length = /content-length: (\d+)/i.exec(answer)?.[1];
      const head = answer.indexOf("\r\n\r\n");
      if (head > 0 && (text.startsWith("HEAD") || answer.startsWith("HTTP/1.1 204"))) resolve(answer);
      if (head > 0 && length !== undefined && Buffer.byteLength(answer) >= head + 4 + Number(length))
        resolve(answer);
    };
    socket.on("data", (part) => {
      answer += String(part);
      look();
    });
    socket.on("close", () => resolve(answer));
    socket.on("error", () => resolve(answer));
  });
  socket.write(text);
  try {
    return await within(done, 14_000, `an answer to ${text.slice(0, 60)}`);
  } finally {
    socket.destroy();
  }
}

const post = (headers: string, body = "", path = "/api/v1/auth/login") =>
  `POST ${path} HTTP/1.1\r\n${host}${headers}\r\n${body}`;
const sized = (body: string) => `Content-Length: ${Buffer.byteLength(body)}\r\n`;
const posted = (body: string) => post(json + sized(body), body);
const get = (path: string, headers = "") => `GET ${path} HTTP/1.1\r\n${host}${headers}\r\n`;

const cases: [name: string, request: string, status: RegExp][] = [
  [
    "two Content-Lengths",
    post(`${json}Content-Length: 2\r\nContent-Length: 4\r\n`, "{}{}"),
    /^HTTP\/1.1 400/,
  ],
  [
    "two equal Content-Lengths",
    post(`${json}Content-Length: 2\r\nContent-Length: 2\r\n`, "{}"),
    /^HTTP\/1.1 400/,
  ],
  [
    "length and chunks",
    post(`${json}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n`, "0\r\n\r\n"),
    /^HTTP\/1.1 400/,
  ],
  [
    "an unknown Transfer-Encoding",
    post(`${json}Transfer-Encoding: xchunked\r\n`, "0\r\n\r\n"),
    /^HTTP\/1.1 400/,
  ],
  ["a negative length", post(`${json}Content-Length: -1\r\n`), /^(HTTP\/1.1 400.*)?/],
  ["no host", "GET /health HTTP/1.1\r\n\r\n", /^(HTTP\/1.1 400.*)?/],
  ["two hosts", `GET /health HTTP/1.1\r\n${host}${host}\r\n`, /^HTTP\/1.1 400/],
  ["a long URL", get(`/health?${"x".repeat(5000)}`), /^HTTP\/1.1 414/],
  ["large headers", get("/health", `X-Big: ${"x".repeat(17_000)}\r\n`), /^HTTP\/1.1 431/],
  ["a bad percent", get("/health?%ZZ"), /^HTTP\/1.1 400/],
  ["a bad percent in a parameter", get("/api/v1/sessions/a%ff/messages", bearer), /^HTTP\/1.1 400/],
  ["a NUL in a parameter", get("/api/v1/sessions/a%00/messages", bearer), /^HTTP\/1.1 400/],
  ["a wildcard as id", get("/api/v1/sessions/%3E/messages", bearer), /^HTTP\/1.1 400/],
  ["dots that climb", get("/api/v1/sessions/%2e%2e/messages", bearer), /^HTTP\/1.1 400/],
  ["an unknown path", get("/api/v1/nothing"), /^HTTP\/1.1 404[\s\S]*"not_found"/],
  [
    "a wrong method",
    "PUT /health HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
    /^HTTP\/1.1 405[\s\S]*allow: GET, HEAD, OPTIONS/i,
  ],
  ["another Content-Type", post(`Content-Type: text/plain\r\n${sized("{}")}`, "{}"), /^HTTP\/1.1 415/],
  ["an encoded body", post(`${json}Content-Encoding: gzip\r\n${sized("{}")}`, "{}"), /^HTTP\/1.1 415/],
  ["half a JSON", posted("{"), /^HTTP\/1.1 400[\s\S]*"invalid_json"/],
  ["deep JSON", posted(`${"[".repeat(900)}${"]".repeat(900)}`), /^HTTP\/1.1 400[\s\S]*"invalid_json"/],
  ["a prototype", posted('{"__proto__":{"admin":true}}'), /^HTTP\/1.1 400/],
  ["a constructor", posted('{"constructor":{"prototype":{"admin":true}}}'), /^HTTP\/1.1 400/],
  ["a lone surrogate", posted('{"username":"\\ud800","password":""}'), /^HTTP\/1.1 400/],
  ["wrong types", posted('{"username":{"$ne":null},"password":{"$gt":""}}'), /^HTTP\/1.1 400[\s\S]*username/],
  ["no body at all", post("Content-Length: 0\r\n"), /^HTTP\/1.1 400[\s\S]*"invalid_request"/],
  ["a large body", posted(`{"username":"${"x".repeat(3000)}"}`), /^HTTP\/1.1 413/],
  [
    "a large chunked body",
    post(`${json}Transfer-Encoding: chunked\r\n`, `bb8\r\n${"x".repeat(3000)}\r\n0\r\n\r\n`),
    /^HTTP\/1.1 413/,
  ],
  ["a body that never ends", post(`${json}Content-Length: 100\r\n`, "{"), /^HTTP\/1.1 400/],
  [
    "no WebSocket version",
    get(
      "/ws/chat",
      "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
    ),
    /^HTTP\/1.1 426/,
  ],
  [
    "an old WebSocket version",
    get(
      "/ws/chat",
      "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 8\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
    ),
    /^HTTP\/1.1 426/,
  ],
  [
    "no WebSocket key",
    get("/sometoken", "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"),
    /^HTTP\/1.1 400/,
  ],
  [
    "a bad WebSocket key",
    get(
      "/ws/chat",
      "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: !!!!!!!!!!!!!!!!!!!!!!==\r\n",
    ),
    /^HTTP\/1.1 400/,
  ],
  ["plain GET of a socket path", get("/ws/chat"), /^HTTP\/1.1 426/],
  [
    "an OpenAI route without a token",
    post(json + sized("{}"), "{}", "/v1/chat/completions"),
    /^HTTP\/1.1 401[\s\S]*"error":\{"message":"[^"]+","type":"invalid_request_error","param":null,"code":"invalid_api_key"\}/,
  ],
  [
    "an OpenAI route with a wrong field",
    post(
      json + bearer + sized('{"model":"m","messages":1}'),
      '{"model":"m","messages":1}',
      "/v1/chat/completions",
    ),
    /^HTTP\/1.1 400[\s\S]*"param":"messages"/,
  ],
  ["an unknown OpenAI path", get("/v1/nothing"), /^HTTP\/1.1 404[\s\S]*"param":null/],
  [
    "an alg:none token",
    get("/v1/models", "Authorization: Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9.\r\n"),
    /^HTTP\/1.1 401/,
  ],
  ["an endless token", get("/v1/models", `Authorization: Bearer ${"a".repeat(9000)}\r\n`), /^HTTP\/1.1 401/],
  ["HTTP without a version", "GET /health\r\n\r\n", /^(HTTP\/1.1 (400|505).*)?/],
];

for (const [name, request, expected] of cases) {
  test(`refused: ${name}`, async (t) => {
    const { edge } = t.context;
    t.regex(await raw(edge.port, request), expected);
    t.is((await fetch(`${edge.url}/health`)).status, 200);
  });
}

test("two requests are not made of an ambiguous one", async (t) => {
  const smuggled = `${post(`${json}Content-Length: 2\r\nContent-Length: 60\r\n`, "{}")}GET /health HTTP/1.1\r\n${host}\r\n`;
  const answer = await raw(t.context.edge.port, smuggled);
  t.notRegex(answer, /200 OK/);
});

test("HEAD has the head of GET and no body", async (t) => {
  const answer = await raw(t.context.edge.port, `HEAD /health HTTP/1.1\r\n${host}Connection: close\r\n\r\n`);
  t.regex(answer, /^HTTP\/1.1 200/);
  t.is(answer.split("\r\n\r\n")[1], "");
});

test("a page of a listed origin may send the headers of its client, and read those of the answer", async (t) => {
  const { edge } = t.context;
  const origin = "https://chat.example";
  const asked = {
    "access-control-request-method": "GET",
    "access-control-request-headers": "if-none-match,x-stainless-os",
  };
  const preflight = await fetch(`${edge.url}/health`, { method: "OPTIONS", headers: { origin, ...asked } });
  t.is(preflight.status, 204);
  const allowed = (preflight.headers.get("access-control-allow-headers") ?? "").split(", ");
  t.true(allowed.includes("*") && allowed.includes("authorization"));
  const answer = await fetch(`${edge.url}/health`, { headers: { origin } });
  t.is(answer.headers.get("access-control-expose-headers"), "*");
  t.is(answer.headers.get("access-control-allow-credentials"), null, "else a star would be a name");
});

test("only a listed origin may read answers and open sockets", async (t) => {
  const { edge } = t.context;
  const ask = (origin: string) => fetch(`${edge.url}/health`, { headers: { origin } });
  t.is(
    (await ask("https://chat.example")).headers.get("access-control-allow-origin"),
    "https://chat.example",
  );
  t.is((await ask("https://evil.example")).headers.get("access-control-allow-origin"), null);
  const preflight = get("/health", "Origin: https://evil.example\r\nAccess-Control-Request-Method: GET\r\n");
  t.notRegex(await raw(edge.port, preflight.replace("GET", "OPTIONS")), /access-control/i);
  const upgrade = (origin: string) =>
    get(
      `/ws/chat?token=${mintToken("admin")}`,
      `Origin: ${origin}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n`,
    );
  t.regex(await raw(edge.port, upgrade("https://evil.example")), /^HTTP\/1.1 403/);
});

test("a client that goes away in the middle of its body harms nobody", async (t) => {
  const { edge } = t.context;
  for (let i = 0; i < 20; i++) {
    const socket = connect(edge.port, "127.0.0.1");
    await new Promise((resolve) => socket.write(post(`${json}Content-Length: 1000\r\n`, '{"us'), resolve));
    socket.destroy();
  }
  t.is((await fetch(`${edge.url}/health`)).status, 200);
});

test("without an actor a route answers 503 and says when to come again", async (t) => {
  const answer = await fetch(`${t.context.edge.url}/v1/models`, {
    headers: { authorization: `Bearer ${token}` },
  });
  t.is(answer.status, 503);
  t.truthy(answer.headers.get("retry-after"));
});
