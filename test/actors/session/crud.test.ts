import anyTest, { type TestFn } from "ava";
import { WireSocket } from "../../_kit/clients/wire-socket.ts";
import { Api } from "../../_kit/worlds/api.ts";
import { mintToken } from "../../_kit/worlds/token.ts";

const test = anyTest as TestFn<{ api: Api }>;

test.before(async (t) => {
  t.context = { api: await Api.start() };
});
test.after.always((t) => t.context.api?.stop());

interface Session {
  id: string;
  title: string;
  is_main: boolean;
  updated_at: number;
}
const path = "/api/v1/sessions";
const create = (api: Api, user: string, body?: object) => api.call("POST", path, { user }, body);
const list = async (api: Api, user: string, query = "") =>
  (await api.call("GET", `${path}${query}`, { user })).body.sessions as Session[];
const status = async (api: Api, method: string, id: string, user: string, rest = "") =>
  (await api.call(method, `${path}/${id}${rest}`, { user })).status;

test("a session is made with what is given, or with defaults", async (t) => {
  const { api } = t.context;
  const made = await create(api, "user_a");
  t.is(made.status, 201, made.text);
  const { id, created_at } = made.body;
  t.regex(id, /^session_[A-Za-z0-9_-]{12}$/);
  t.true(Math.abs(created_at - Date.now()) < 60_000);
  t.deepEqual(made.body, {
    id,
    user_id: "user_a",
    title: "新的对话",
    is_main: false,
    created_at,
    updated_at: created_at,
  });
  const named = await create(api, "user_a", { session_id: "mine", title: "我的", is_main: false });
  t.like(named.body, { id: "mine", title: "我的" });
  t.deepEqual((await api.call("GET", `${path}/mine`, { user: "user_a" })).body, named.body);
  t.deepEqual(
    (await list(api, "user_a")).map((session) => session.id),
    ["mine", id],
  );
});

test("an id that one has is taken; another user's is not", async (t) => {
  const { api } = t.context;
  t.is((await create(api, "user_b", { session_id: "same" })).status, 201);
  const again = await create(api, "user_b", { session_id: "same" });
  t.is(again.status, 409);
  t.is(again.body.errorType, "conflict");
  t.is((await create(api, "user_c", { session_id: "same" })).status, 201);
  const at_once = await Promise.all(
    Array.from({ length: 6 }, () => create(api, "user_b", { session_id: "race" })),
  );
  t.deepEqual(at_once.map((answer) => answer.status).toSorted(), [201, 409, 409, 409, 409, 409]);
});

test("at most one session is the main one", async (t) => {
  const { api } = t.context;
  const mains = async () => (await list(api, "user_m")).filter(({ is_main }) => is_main).map(({ id }) => id);
  t.true((await create(api, "user_m", { session_id: "one", is_main: true })).body.is_main);
  await create(api, "user_m", { session_id: "two" });
  t.deepEqual(await mains(), ["one"]);
  await Promise.all(["x", "y", "z"].map((id) => create(api, "user_m", { session_id: id, is_main: true })));
  const [main = ""] = await mains();
  t.true(["x", "y", "z"].includes(main));
  t.is((await mains()).length, 1);
  await status(api, "DELETE", main, "user_m");
  t.deepEqual(await mains(), []);
});

test("others' sessions are not there, and only an administrator names another user", async (t) => {
  const { api } = t.context;
  await create(api, "user_d", { session_id: "private" });
  for (const [method, rest] of [
    ["GET", ""],
    ["GET", "/messages"],
    ["GET", "/export"],
    ["DELETE", "/messages"],
    ["DELETE", ""],
  ] as const) {
    t.is(await status(api, method, "private", "user_e", rest), 404, method + rest);
    const named = await api.call(method, `${path}/private${rest}?user_id=user_d`, { user: "user_e" });
    t.is(named.status, 403);
    t.like(named.body, { errorType: "admin_only" });
  }
  const unknown = await api.call("GET", `${path}/nothing`, { user: "user_d" });
  t.deepEqual(unknown.body, {
    error: "会话不存在",
    errorType: "session_not_found",
    hint: "该会话可能已被删除或尚未创建",
  });
  t.is((await api.call("GET", `${path}?user_id=user_d`, { user: "user_e" })).status, 403);
  t.is((await api.call("DELETE", `${path}?user_id=nobody`, { user: "user_e" })).status, 403);
  t.deepEqual(
    (await list(api, "admin", "?user_id=user_d")).map(({ id }) => id),
    ["private"],
  );
  t.is(await status(api, "GET", "private", "admin"), 200);
  t.is((await api.call("GET", `${path}?user_id=user_d`, { user: "user_d" })).status, 200);
});

test("a deleted session is gone and can be made anew", async (t) => {
  const { api } = t.context;
  for (let round = 0; round < 2; round++) {
    t.is((await create(api, "user_f", { session_id: "again", title: "once" })).status, 201);
    t.is(await status(api, "DELETE", "again", "user_f"), 200);
    t.is(await status(api, "GET", "again", "user_f"), 404);
    t.is(await status(api, "DELETE", "again", "user_f"), 404);
  }
  t.deepEqual(await list(api, "user_f"), []);
  const remade = await create(api, "user_f", { session_id: "again" });
  t.is(remade.body.title, "新的对话");
});

test("all sessions of a user go at once, those with running turns included; others' stay", async (t) => {
  const { api } = t.context;
  for (let n = 0; n < 40; n++) await create(api, "user_g", { session_id: `s${n}` });
  await create(api, "user_h", { session_id: "stays" });
  const socket = await WireSocket.open(t, api.system.ports()[0] ?? 0, `/${mintToken("user_g")}`);
  socket.send({ content: "hello", model: "slow:100x100" });
  await socket.until(() => socket.frames.length > 0, "the reply begins");
  t.true((await list(api, "user_g")).some(({ id }) => id === "cyber_user_g"));
  t.is(await status(api, "GET", "cyber_user_g", "user_g"), 200);
  t.deepEqual((await api.call("DELETE", path, { user: "user_g" })).body, { status: "deleted" });
  t.deepEqual(await list(api, "user_g"), []);
  t.is((await list(api, "user_h")).length, 1);
});

test("the list pages", async (t) => {
  const { api } = t.context;
  for (let n = 0; n < 5; n++) await create(api, "user_p", { session_id: `s${n}` });
  const page = async (query: string) => (await api.call("GET", `${path}${query}`, { user: "user_p" })).body;
  t.like(await page("?limit=2"), { has_more: true, sessions: { length: 2 } });
  t.like(await page("?limit=2&offset=4"), { has_more: false, sessions: { length: 1 } });
  t.is((await api.call("GET", `${path}?limit=0`, { user: "user_p" })).status, 400);
});

test("wrong fields are named", async (t) => {
  const { api } = t.context;
  for (const [body, field] of [
    [{ session_id: "a b" }, "session_id"],
    [{ session_id: "x".repeat(65) }, "session_id"],
    [{ session_id: 5 }, "session_id"],
    [{ title: {} }, "title"],
    [{ is_main: "yes" }, "is_main"],
  ] as const) {
    const answer = await create(api, "user_w", body);
    t.is(answer.status, 400);
    t.true(answer.body.error.includes(field), answer.body.error);
  }
  t.is(await status(api, "GET", "a%20b", "user_w"), 400);
});
