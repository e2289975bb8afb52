import anyTest, { type ExecutionContext, type TestFn } from "ava";
import { closeCodes } from "../../../schemas/close-codes.ts";
import { WireSocket } from "../../_kit/clients/wire-socket.ts";
import { eventually } from "../../_kit/judge/waiting.ts";
import { Api } from "../../_kit/worlds/api.ts";

const test = anyTest as TestFn<{ api: Api }>;
const revokedMs = 5_000;

test.before(async (t) => {
  t.context = {
    api: await Api.start({
      edges: 2,
      env: { REGISTRATION_ENABLED: "true", AUTH_RATE_LIMIT: "1000" },
    }),
  };
});
test.after.always((t) => t.context.api?.stop());

interface Key {
  id: string;
  name: string;
  key: string;
  created_at: number;
}

async function newKey(api: Api, user: string, name = "phone"): Promise<Key> {
  const answer = await api.call("POST", "/api/v1/keys", { user }, { name });
  return answer.body as unknown as Key;
}
const statusOf = async (api: Api, token: string) =>
  (await api.call("GET", "/api/v1/profile", { token })).status;

async function closed(t: ExecutionContext, socket: WireSocket, since: number): Promise<void> {
  const { code } = await socket.until(() => socket.closed, "closed", revokedMs);
  t.is(code, closeCodes.unauthorized.code);
  t.true(performance.now() - since < revokedMs);
}

test("an API key is shown once and works wherever a token does", async (t) => {
  const { api } = t.context;
  const made = await api.call("POST", "/api/v1/keys", { user: "admin" }, { name: "script" });
  t.is(made.status, 201);
  const { id, key, name, created_at } = made.body as unknown as Key;
  t.regex(key, /^sk-[\w-]{43}$/);
  t.is(name, "script");
  t.true(Math.abs(created_at - Date.now()) < 60_000);
  const list = await api.call("GET", "/api/v1/keys", { user: "admin" });
  t.false(list.text.includes(key));
  const listed = (list.body.keys as unknown as Key[]).find((one) => one.id === id);
  t.like(listed, { id, name, created_at });
  t.false("key" in (listed ?? {}));
  t.is(await statusOf(api, key), 200);
  const [port = 0] = api.system.ports();
  const headers = { authorization: `Bearer ${key}` };
  for (const [path, options] of [
    [`/ws/chat?token=${key}`, {}],
    ["/ws/chat", { headers }],
    [`/${key}`, {}],
  ] as const) {
    const socket = await WireSocket.open(t, port, path, options);
    t.is(socket.refused, undefined, path.slice(0, 9));
  }
});

test("a key that nobody has is refused before the upgrade", async (t) => {
  const { api } = t.context;
  const wrong = `sk-${"x".repeat(43)}`;
  t.is(await statusOf(api, wrong), 401);
  const [port = 0] = api.system.ports();
  const socket = await WireSocket.open(t, port, `/ws/chat?token=${wrong}`);
  t.is(socket.refused?.status, 401);
  t.is(socket.refused?.body.errorType, "invalid_token");
});

test("a deleted key stops working, open sockets of every edge included; others go on", async (t) => {
  const { api } = t.context;
  const [gone, kept] = [await newKey(api, "admin", "gone"), await newKey(api, "admin", "kept")];
  const sockets = await Promise.all(
    api.system
      .ports()
      .flatMap((port) => [
        WireSocket.open(t, port, `/ws/chat?token=${gone.key}`),
        WireSocket.open(t, port, `/${gone.key}`),
      ]),
  );
  const other = await WireSocket.open(t, api.system.ports()[0] ?? 0, `/ws/chat?token=${kept.key}`);
  t.is(await statusOf(api, gone.key), 200);
  const since = performance.now();
  const answer = await api.call("DELETE", `/api/v1/keys/${gone.id}`, { user: "admin" });
  t.deepEqual(answer.body, { status: "deleted" } as never);
  await Promise.all(sockets.map((socket) => closed(t, socket, since)));
  t.is(await statusOf(api, gone.key), 401);
  t.is(await statusOf(api, kept.key), 200);
  other.send({ type: "ping" });
  await other.frame({ type: "pong" });
  t.is((await api.call("DELETE", `/api/v1/keys/${gone.id}`, { user: "admin" })).status, 404);
});

test("open answers of a revoked key end, too: event streams and waiting calls", async (t) => {
  const { api } = t.context;
  const { id, key } = await newKey(api, "user_streams");
  const [port = 0] = api.system.ports();
  const base = `http://127.0.0.1:${port}`;
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  const signal = AbortSignal.timeout(30_000);
  const ask = (stream: boolean) => {
    const messages = [{ role: "user", content: "long" }];
    const body = JSON.stringify({ model: "ena-test:600x100", messages, stream });
    return fetch(`${base}/v1/chat/completions`, { method: "POST", headers, body, signal });
  };
  const waiting = ask(false);
  const streamed = await ask(true);
  const neo = await fetch(`${base}/api/__yao/neo?content=%40hang%20on`, { headers, signal });
  t.deepEqual([streamed.status, neo.status], [200, 200]);
  const since = performance.now();
  await api.call("DELETE", `/api/v1/keys/${id}`, { user: "user_streams" });
  const [chunks, events, whole] = await Promise.all([streamed.text(), neo.text(), waiting]);
  t.true(performance.now() - since < revokedMs);
  t.true(chunks.trimEnd().endsWith("}") && chunks.includes("invalid_api_key"), chunks.slice(-200));
  t.false(chunks.includes("[DONE]"));
  t.regex(events, /"error":"认证令牌无效或已过期","done":true/);
  t.is(whole.status, 401);
});

test("another user's key can be neither seen nor deleted", async (t) => {
  const { api } = t.context;
  const { id, key } = await newKey(api, "user_a");
  t.deepEqual((await api.call("GET", "/api/v1/keys", { user: "user_b" })).body, { keys: [] } as never);
  t.is((await api.call("DELETE", `/api/v1/keys/${id}`, { user: "user_b" })).status, 404);
  t.is((await api.call("DELETE", `/api/v1/keys/${id}`, { user: "admin" })).status, 404);
  t.is((await api.call("GET", "/api/v1/keys", { token: key })).status, 200);
});

test("a deleted user is out everywhere at once, and his name stays taken", async (t) => {
  const { api } = t.context;
  const body = {
    username: "mallory",
    password: "secret",
    email: "m@example.org",
    nickname: "M",
    verify_code: "000000",
  };
  const made = await api.call("POST", "/api/v1/auth/register", null, body);
  const { token, refresh_token } = made.body as unknown as Record<string, string>;
  const login = () => api.call("POST", "/api/v1/auth/login", null, body);
  const { key } = (await api.call("POST", "/api/v1/keys", { token: token ?? "" }, { name: "k" }))
    .body as unknown as Key;
  const sockets = await Promise.all(
    [token, key].map((secret) => WireSocket.open(t, api.system.ports()[0] ?? 0, `/${secret}`)),
  );
  t.is((await login()).status, 200);
  const forbidden = await api.call("DELETE", "/api/v1/admin/users/user_mallory", { token: token ?? "" });
  t.is(forbidden.status, 403);
  await api.call("POST", "/api/v1/sessions", { token: token ?? "" }, { session_id: "left" });
  const sessionsLeft = async () =>
    (await api.call("GET", "/api/v1/sessions?user_id=user_mallory", { user: "admin" })).body.sessions.length;
  t.is(await sessionsLeft(), 1);
  const since = performance.now();
  t.is((await api.call("DELETE", "/api/v1/admin/users/user_mallory", { user: "admin" })).status, 200);
  await Promise.all(sockets.map((socket) => closed(t, socket, since)));
  for (const secret of [token, key]) t.is(await statusOf(api, secret ?? ""), 401);
  t.is((await login()).status, 401);
  t.is((await api.call("POST", "/api/v1/auth/refresh", null, { refresh_token })).status, 401);
  t.is((await api.call("POST", "/api/v1/auth/register", null, body)).status, 409);
  await eventually(async () => (await sessionsLeft()) === 0, 10_000, "his sessions go");
  for (const id of ["user_mallory", "user_nobody"])
    t.is((await api.call("DELETE", `/api/v1/admin/users/${id}`, { user: "admin" })).status, 404);
  t.is((await api.call("DELETE", "/api/v1/admin/users/admin", { user: "admin" })).status, 400);
});

test.serial("an edge that starts later knows what was revoked before", async (t) => {
  const { api } = t.context;
  const { token } = (
    await api.call("POST", "/api/v1/auth/register", null, {
      username: "later",
      password: "secret",
      email: "m@example.org",
      nickname: "M",
      verify_code: "000000",
    })
  ).body as unknown as { token: string };
  await api.call("POST", "/api/v1/auth/logout", { token });
  const edge = api.system.edge(0);
  await edge.destroy();
  await edge.start();
  t.is(await statusOf(api, token), 401);
});
