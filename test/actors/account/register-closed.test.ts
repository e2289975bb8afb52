import anyTest, { type TestFn } from "ava";
import { Api } from "../../_kit/worlds/api.ts";

const test = anyTest as TestFn<{ api: Api }>;

test.before(async (t) => {
  t.context = { api: await Api.start() };
});
test.after.always((t) => t.context.api?.stop());

const body = {
  username: "alice",
  password: "secret",
  email: "alice@example.org",
  nickname: "Alice",
  verify_code: "000000",
};

test.serial("nobody registers unless the settings say so, however often he asks", async (t) => {
  for (let attempt = 0; attempt < 8; attempt++) {
    const answer = await t.context.api.call("POST", "/api/v1/auth/register", null, body);
    t.is(answer.status, 403);
    t.like(answer.body, { error: "当前不开放公开注册" });
  }
});

test.serial("the sixth log-in of a minute is refused with the time to wait", async (t) => {
  const login = () =>
    t.context.api.call("POST", "/api/v1/auth/login", null, { username: "alice", password: "x" });
  for (let attempt = 0; attempt < 5; attempt++) t.is((await login()).status, 401);
  const refused = await login();
  t.is(refused.status, 429);
  t.like(refused.body, { errorType: "rate_limited" });
  t.truthy(refused.body.hint);
  t.true(Number(refused.headers.get("retry-after")) > 50);
});

test.serial("the administrator's profile and log-in need no MongoDB", async (t) => {
  const { api } = t.context;
  const before = await api.call("GET", "/api/v1/profile", { user: "admin" });
  t.like(before.body, { user_id: "admin", username: "admin", nickname: "管理员", is_admin: true });
  t.is(typeof before.body.created_at, "string");
  await api.system.engines.mongod.kill("SIGKILL");
  const away = await api.call("GET", "/api/v1/profile", { user: "admin" });
  t.is(away.status, 200);
  t.deepEqual(away.body, { ...before.body, created_at: null } as never);
  const other = await api.call("GET", "/api/v1/profile", { user: "user_alice" });
  t.is(other.status, 503);
  t.like(other.body, { errorType: "storage_unavailable" });
});
