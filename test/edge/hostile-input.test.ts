import anyTest, { type ExecutionContext, type TestFn } from "ava";
import { routes } from "../../schemas/routes/index.ts";
import { RawHttp } from "../_kit/clients/raw-http.ts";
import { WireSocket } from "../_kit/clients/wire-socket.ts";
import { StallWatch } from "../_kit/judge/stalls.ts";
import { type EdgeWorld, startEdgeWorld } from "../_kit/worlds/edge-world.ts";
import { mintToken } from "../_kit/worlds/token.ts";

// Each input stands at the limit of its entrance. It must be answered, and the event loop must not stand still.

const KiB = 1024;
const MiB = 1024 * KiB;
/** No step of ours may take longer, ms. */
const longestMs = 200;
const test = anyTest as TestFn<EdgeWorld>;

test.before(async (t) => {
  // No actor answers here: what is let in is answered at once.
  t.context = await startEdgeWorld({ LIMIT_REQUEST_TIMEOUT_MS: "500", LIMIT_OWNER_ANSWER_MS: "200" });
});
test.after.always((t) => t.context.stop());

const bearer = { authorization: `Bearer ${mintToken("admin")}` };

/** Texts that cost the most in parsers, matchers and encoders, cut to a size. */
const texts: Record<string, (size: number) => string> = {
  letters: (size) => "x".repeat(size),
  "control characters": (size) => "\u0001".repeat(Math.floor(size / 6)),
  quotes: (size) => '"'.repeat(Math.floor(size / 2)),
  backslashes: (size) => "\\".repeat(Math.floor(size / 2)),
  brackets: (size) => "[".repeat(size),
  tildes: (size) => `${"~".repeat(size - 1)}\``,
  spaces: (size) => " ".repeat(size),
  percents: (size) => "%41".repeat(Math.floor(size / 3)),
  semicolons: (size) => `data:${";".repeat(size - 5)}`,
  base64: (size) => `data:image/png;base64,${"A".repeat(size - 30)}`,
  "bad base64": (size) => `data:image/png;base64,${"A".repeat(size - 31)}!`,
  Chinese: (size) => "中".repeat(Math.floor(size / 3)),
  pairs: (size) => "😀".repeat(Math.floor(size / 4)),
};

const few = (item: string) => `[${`${item},`.repeat(24_000)}0]`;
/** JSON values at the limits of the gate. */
const values: Record<string, string> = {
  "64 levels": `${"[".repeat(60)}${"]".repeat(60)}`,
  "24,000 objects": few("{}"),
  "24,000 lists": few("[]"),
  "24,000 numbers": few("1e308"),
  "24,000 texts": few('"\\u0001"'),
  "12,000 keys": `{${Array.from({ length: 12_000 }, (_, key) => `"k${key}":{}`).join(",")}}`,
  "keys of 512 characters": `{${Array.from({ length: 1_500 }, (_, key) => `"${String(key).padStart(512, "k")}":0`).join(",")}}`,
};

/** Runs `work` and judges how long the loop stood still meanwhile. */
async function unstalled<T>(t: ExecutionContext, what: string, work: () => Promise<T>): Promise<T> {
  const watch = new StallWatch();
  const result = await work();
  const stall = watch.stop();
  t.true(stall < longestMs, `${what}: the loop stood still for ${stall.toFixed(0)} ms`);
  return result;
}

async function post(t: ExecutionContext<EdgeWorld>, path: string, what: string, body: string): Promise<void> {
  const http = await RawHttp.open(t, t.context.edge.port);
  const bytes = Buffer.from(body);
  const { status } = await unstalled(t, `${path} ${what}`, () => http.post(path, bearer, bytes));
  t.true(status >= 200 && status < 600 && status !== 500, `${path} ${what}: ${status}`);
}

test.serial("20 MB of one text for a model, as words and as a picture", async (t) => {
  for (const name of ["letters", "control characters", "quotes", "backslashes", "semicolons", "bad base64"]) {
    const content = JSON.stringify(texts[name]?.(19 * MiB));
    const path = "/v1/chat/completions";
    await post(t, path, name, `{"model":"m","messages":[{"role":"user","content":${content}}]}`);
    const part = `{"type":"image_url","image_url":{"url":${content}}}`;
    await post(t, path, name, `{"model":"m","messages":[{"role":"user","content":[${part}]}]}`);
  }
});

test.serial("many values in every field of every route", async (t) => {
  for (const [name, value] of Object.entries(values)) {
    await post(t, "/v1/chat/completions", name, `{"model":"m","messages":${value}}`);
    await post(t, "/v1/chat/completions", name, `{"model":"m","messages":[],"tools":${value}}`);
  }
  const seen = new Set<string>();
  for (const { method, path, body, multipart } of routes) {
    if (!["post", "put"].includes(method) || (multipart !== undefined && !multipart.orJson)) continue;
    const fields = Object.keys((body as { shape?: object }).shape ?? {}).filter((field) => !seen.has(field));
    for (const field of fields) {
      seen.add(field);
      for (const name of ["24,000 objects", "12,000 keys"])
        await post(t, path.replace(/:\w+/g, "id"), `${field} ${name}`, `{"${field}":${values[name]}}`);
    }
  }
});

test.serial("1 MiB of every text in a body of JSON", async (t) => {
  for (const [name, text] of Object.entries(texts)) {
    const content = JSON.stringify(text(1_000 * KiB));
    for (const path of ["/api/v1/memory/facts", "/api/v1/automation/rules", "/api/v1/webhook/generic"])
      await post(t, path, name, `{"content":${content},"message":${content},"name":${content}}`);
  }
});

const form = (part: string, body: Buffer) =>
  Buffer.concat([
    Buffer.from(`--b\r\nContent-Disposition: form-data; name="${part}"; filename="f"\r\n\r\n`),
    body,
    Buffer.from("\r\n--b--\r\n"),
  ]);

test.serial("files that look like the end of their form, part by part", async (t) => {
  for (const near of ["\r\n--", "\r\n-", "\r", "--b", "\r\n--c"]) {
    const body = form("file", Buffer.from(near.repeat(Math.floor((8 * MiB) / near.length))));
    const http = await RawHttp.open(t, t.context.edge.port);
    const headers = { ...bearer, "content-type": "multipart/form-data; boundary=b" };
    const status = await unstalled(t, `a file of ${JSON.stringify(near)}`, async () => {
      const lines = Object.entries({ ...headers, "content-length": String(body.length) });
      await http.write(
        `POST /api/v1/files/upload HTTP/1.1\r\nHost: x\r\n${lines.map(([key, value]) => `${key}: ${value}\r\n`).join("")}\r\n`,
      );
      await http.write(body);
      return (await http.answer()).status;
    });
    t.true(status >= 400 && status !== 500, `${near}: ${status}`);
  }
});

test.serial("frames of every kind at their size, and the socket stays open", async (t) => {
  const { port } = t.context.edge;
  const socket = await WireSocket.open(t, port, `/ws/chat?token=${mintToken("admin")}&session_id=s`);
  await socket.frame({ type: "connected" });
  const send = async (what: string, frame: string) => {
    const before = socket.frames.length;
    await unstalled(t, what, async () => {
      socket.ws.send(frame);
      socket.ws.send('{"type":"ping"}');
      await socket.until(() => socket.frames.slice(before).some(({ type }) => type === "pong"), what);
    });
    t.is(socket.closed, undefined, what);
  };
  for (const [name, text] of Object.entries(texts)) {
    const large = JSON.stringify(text(8 * MiB));
    const image = `{"type":"image","url":${large}}`;
    await send(`content of ${name}`, `{"type":"message","content":${large}}`);
    await send(`attachment of ${name}`, `{"type":"message","content":"x","attachments":[${image}]}`);
    await send(`speech of ${name}`, `{"type":"voice_input","format":"wav","audio_data":${large}}`);
    await send(`bare ${name}`, text(MiB));
  }
  for (const [name, value] of Object.entries(values)) {
    await send(`attachments of ${name}`, `{"type":"message","content":"x","attachments":${value}}`);
    await send(`a frame of ${name}`, value);
  }
});

test.serial("Cyber frames, Neo's query and heads at their size", async (t) => {
  const { edge } = t.context;
  const socket = await WireSocket.open(t, edge.port, `/${mintToken("admin")}`);
  for (const [name, text] of Object.entries(texts)) {
    const before = socket.frames.length;
    await unstalled(t, `Cyber: ${name}`, async () => {
      socket.ws.send(`{"content":${JSON.stringify(text(500 * KiB))}}`);
      socket.ws.send("not JSON");
      await socket.until(() => socket.frames.length > before, name);
    });
    const query = encodeURIComponent(text(4 * KiB))
      .slice(0, 14 * KiB)
      .replace(/%.?$/, "");
    await unstalled(t, `Neo: ${name}`, async () => {
      const answer = await fetch(`${edge.url}/api/__yao/neo?content=x&context=${query}`, { headers: bearer });
      await answer.body?.cancel();
      t.true([400, 414, 431, 503].includes(answer.status), `${name}: ${answer.status}`);
    });
  }
  const http = await RawHttp.open(t, edge.port);
  await unstalled(t, "500 headers", async () => {
    await http.write(`GET /health HTTP/1.1\r\nHost: x\r\n${"X-A: 1\r\n".repeat(500)}\r\n`);
    await http.answer();
  });
});
