import anyTest, { type TestFn } from "ava";
import { keyCheck } from "../../../schemas/messages/account.ts";
import { RawHttp } from "../../_kit/clients/raw-http.ts";
import { WireSocket } from "../../_kit/clients/wire-socket.ts";
import { StallWatch } from "../../_kit/judge/stalls.ts";
import { type EdgeWorld, startEdgeWorld } from "../../_kit/worlds/edge-world.ts";
import { mintToken } from "../../_kit/worlds/token.ts";

const MiB = 1024 * 1024;
const realKey = `sk-${"r".repeat(43)}`;
const test = anyTest as TestFn<EdgeWorld & { asked: string[] }>;

test.before(async (t) => {
  const world = await startEdgeWorld({ LIMIT_AUTH_FAILURES_BURST: "40", LIMIT_AUTH_FAILURES_PER_S: "1" });
  const asked: string[] = [];
  world.actor.nc.subscribe(keyCheck.subject, {
    callback: (_, msg) => {
      const { token } = msg.json<{ token: string }>();
      asked.push(token);
      const principal = { user_id: "user_key", nickname: "k", is_admin: false, scopes: ["device"] };
      msg.respond(JSON.stringify({ principal: token === realKey ? principal : null }));
    },
  });
  t.context = { ...world, asked };
});
test.after.always((t) => t.context.stop());

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const known = bearer(mintToken("user_alice"));
const completions = "/v1/chat/completions";
/** `[x,x,…,x]` of so many bytes. */
const list = (item: string, bytes: number) =>
  Buffer.from(`[${`${item},`.repeat(Math.floor(bytes / (item.length + 1)))}0]`);

for (const item of ["{}", "[]", "0", '{"a":[]}'])
  test.serial(`20 MB of ${item} cost an unknown caller a 401 and nobody else anything`, async (t) => {
    const body = list(item, 19.8 * MiB);
    const http = await RawHttp.open(t, t.context.edge.port);
    const watch = new StallWatch();
    const { status } = await http.post(completions, {}, body);
    const stall = watch.stop();
    t.is(status, 401);
    t.log(`longest stall ${stall.toFixed(0)} ms`);
    t.true(stall < 200, `${stall}`);
  });

test.serial("the same of a known caller is refused by the number of its values", async (t) => {
  const body = list("{}", 19.8 * MiB);
  const http = await RawHttp.open(t, t.context.edge.port);
  const watch = new StallWatch();
  const { status, text } = await http.post(completions, known, body);
  const stall = watch.stop();
  t.is(status, 400);
  t.regex(text, /invalid_json/);
  t.log(`longest stall ${stall.toFixed(0)} ms`);
  t.true(stall < 200, `${stall}`);
});

test.serial(
  "a refused body is read on, so that a client that writes before it reads gets its answer",
  async (t) => {
    const { port } = t.context.edge;
    const cases: [string, Record<string, string>, number, number][] = [
      ["/api/v1/sessions", {}, 30 * MiB, 401],
      ["/api/v1/sessions", known, 30 * MiB, 413],
      [completions, known, 40 * MiB, 413],
      ["/api/v1/webhook/generic", {}, 5 * MiB, 401],
      ["/api/v1/webhook/discord", { "x-signature-ed25519": "ab" }, 5 * MiB, 401],
      ["/api/v1/files/upload", {}, 30 * MiB, 401],
      ["/api/v1/auth/login", {}, 5 * MiB, 413],
      ["/api/v1/auth/login", { "content-encoding": "gzip" }, 4_000, 415],
      ["/api/v1/nothing", {}, 5 * MiB, 404],
    ];
    for (const [path, headers, size, expected] of cases) {
      const http = await RawHttp.open(t, port);
      const { status } = await http.post(path, headers, Buffer.alloc(size, " "));
      t.is(status, expected, `${path} ${JSON.stringify(headers).slice(0, 40)}`);
    }
  },
);

test.serial("a connection stays in step after a refused body", async (t) => {
  const http = await RawHttp.open(t, t.context.edge.port);
  t.is((await http.post("/api/v1/sessions", {}, Buffer.alloc(3 * MiB, "x"))).status, 401);
  await http.write("GET /health HTTP/1.1\r\nHost: x\r\n\r\n");
  await t.notThrowsAsync(http.until(/^HTTP\/1\.1 401[\s\S]*HTTP\/1\.1 200/));
});

test.serial("bodies that never end fill the share of their sender, and nobody else's", async (t) => {
  const { edge } = t.context;
  const part = Buffer.alloc(18 * MiB, "x");
  const hoarders = await Promise.all(
    Array.from({ length: 14 }, async () => {
      const http = await RawHttp.open(t, edge.port);
      await http.write(
        `POST ${completions} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: ${known.authorization}\r\nContent-Length: ${20 * MiB}\r\n\r\n`,
      );
      void http.write(part);
      return http;
    }),
  );
  const refused = await Promise.race(hoarders.map((http) => http.answer()));
  t.is(refused.status, 429, "one of them is over the share");
  const other = { ...bearer(mintToken("user_bob")), "content-type": "application/json" };
  for (let round = 0; round < 5; round++) {
    const body = JSON.stringify({ model: "m", messages: [{ role: "user", content: "x".repeat(100_000) }] });
    const asked = await fetch(`${edge.url}${completions}`, { method: "POST", headers: other, body });
    t.not(asked.status, 429);
    const login = await fetch(`${edge.url}/api/v1/auth/login`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: '{"username":1}',
    });
    t.is(login.status, 400);
  }
});

test.serial("keys are judged by their form, and one that nobody has is asked for once", async (t) => {
  const { edge, asked } = t.context;
  asked.length = 0;
  const ask = (token: string) => fetch(`${edge.url}/api/v1/quota`, { headers: bearer(token) });
  for (const token of [`sk-${"a".repeat(300)}`, "sk-", `sk-${"a".repeat(42)}`, `sk-${"a".repeat(42)}.`])
    t.is((await ask(token)).status, 401, token);
  t.deepEqual(asked, []);
  const unknown = `sk-${"u".repeat(43)}`;
  for (let round = 0; round < 5; round++) t.is((await ask(unknown)).status, 401);
  t.deepEqual(asked, [unknown]);
});

test.serial("a key is good for its scopes alone", async (t) => {
  const { edge } = t.context;
  const ask = (path: string) => fetch(`${edge.url}${path}`, { headers: bearer(realKey) });
  t.is((await ask("/api/v1/devices")).status, 503, "let in: no actor answers here");
  for (const path of [
    "/api/v1/sessions",
    "/api/v1/keys",
    "/v1/models",
    "/api/v1/events",
    "/api/__yao/neo?content=x",
  ])
    t.is((await ask(path)).status, 403, path);
  const socket = await WireSocket.open(t, edge.port, `/${realKey}`);
  t.is(socket.refused?.status, 403);
});

test.serial(
  "an address that keeps showing wrong tokens is refused before anyone is asked; others get in",
  async (t) => {
    const { edge, asked } = t.context;
    const ask = (token: string) => fetch(`${edge.url}/api/v1/sessions`, { headers: bearer(token) });
    const statuses: number[] = [];
    for (let round = 0; round < 60; round++) statuses.push((await ask(`not.a.${round}`)).status);
    t.deepEqual(new Set(statuses), new Set([401, 429]));
    asked.length = 0;
    const answer = await ask(`sk-${"n".repeat(43)}`);
    t.is(answer.status, 429);
    t.truthy(answer.headers.get("retry-after"));
    t.deepEqual(asked, []);
    t.is((await ask(mintToken("user_alice"))).status, 503, "a good token is let in: no actor answers here");
    t.is((await ask(realKey)).status, 403, "and a key that is known here is still known");
    const socket = await WireSocket.open(t, edge.port, "/ws/chat?token=not.a.token");
    t.is(socket.refused?.status, 429);
  },
);

test.serial("an address has its share of the open sockets, and a user theirs", async (t) => {
  const { another } = t.context;
  const { port } = await another({ LIMIT_ADDRESS_SOCKETS: "3", LIMIT_USER_SOCKETS: "2" });
  const open = async (user: string) => {
    const socket = await WireSocket.open(t, port, `/${mintToken(user)}`);
    return { socket, status: socket.refused?.status };
  };
  const first = await open("user_a");
  t.is((await open("user_a")).status, undefined);
  t.is((await open("user_a")).status, 429, "the user's share");
  t.is((await open("user_b")).status, undefined);
  t.is((await open("user_c")).status, 429, "the address's share");
  first.socket.ws.close();
  await first.socket.until(() => first.socket.closed, "the close");
  t.is((await open("user_c")).status, undefined, "what is closed is free again");
});
