import anyTest, { type TestFn } from "ava";
import { Api } from "../../_kit/worlds/api.ts";

const test = anyTest as TestFn<{ api: Api }>;

test.before(async (t) => {
  t.context = {
    api: await Api.start({
      env: { REGISTRATION_ENABLED: "true", AUTH_RATE_LIMIT: "1000", DEFAULT_TIMEZONE: "Asia/Tokyo" },
    }),
  };
});
test.after.always((t) => t.context.api?.stop());

test("a nickname and a time zone are kept and shown, the rest stays", async (t) => {
  const { api } = t.context;
  const made = await api.call("POST", "/api/v1/auth/register", null, {
    username: "alice",
    password: "secret",
    email: "a@b",
    nickname: "Alice",
    verify_code: "000000",
  });
  const alice = { token: String(made.body.token) };
  const before = await api.call("GET", "/api/v1/profile", alice);
  t.is(before.body.time_zone as string, "Asia/Tokyo");
  const put = (body: object) => api.call("PUT", "/api/v1/profile", alice, body);
  t.deepEqual((await put({})).body, before.body);
  const changed = await put({ nickname: " 爱丽丝 ", user_id: "admin", is_admin: true });
  t.is(changed.status, 200);
  t.deepEqual(changed.body, { ...before.body, nickname: "爱丽丝" } as never);
  await put({ time_zone: "Europe/Berlin" });
  const after = await api.call("GET", "/api/v1/profile", alice);
  t.deepEqual(after.body, { ...before.body, nickname: "爱丽丝", time_zone: "Europe/Berlin" } as never);
  for (const wrong of [{ time_zone: "Mars/Olympus" }, { time_zone: 5 }, { nickname: "" }, { nickname: [] }])
    t.is((await put(wrong)).status, 400, JSON.stringify(wrong));
});

test("the administrator's too, without a registration", async (t) => {
  const admin = { user: "admin" };
  const changed = await t.context.api.call("PUT", "/api/v1/profile", admin, { nickname: "Root" });
  t.is(changed.status, 200);
  t.like((await t.context.api.call("GET", "/api/v1/profile", admin)).body, {
    user_id: "admin",
    username: "admin",
    nickname: "Root",
    is_admin: true,
  });
});

test("a token of a user who is not there is answered 404", async (t) => {
  const answer = await t.context.api.call("GET", "/api/v1/profile", { user: "user_nobody" });
  t.is(answer.status, 404);
  t.is(answer.body.error as string, "用户不存在");
  t.is((await t.context.api.call("GET", "/api/v1/profile", null)).body.error as string, "未提供认证令牌");
});
