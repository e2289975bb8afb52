import anyTest, { type TestFn } from "ava";
import { Api } from "../../_kit/worlds/api.ts";

const test = anyTest as TestFn<{ api: Api }>;

test.before(async (t) => {
  t.context = { api: await Api.start({ env: { REGISTRATION_ENABLED: "true", AUTH_RATE_LIMIT: "1000" } }) };
});
test.after.always((t) => t.context.api?.stop());

const alice = {
  username: "alice_1",
  password: "secret",
  email: "alice@example.org",
  nickname: "Alice",
  verify_code: "000000",
};
const register = (api: Api, changes: object) =>
  api.call("POST", "/api/v1/auth/register", null, { ...alice, ...changes });

test("a user registers, logs in and is who he says", async (t) => {
  const { api } = t.context;
  const made = await register(api, {});
  t.is(made.status, 201, made.text);
  t.like(made.body, { user_id: "user_alice_1", nickname: "Alice" });
  t.deepEqual(Object.keys(made.body).toSorted(), [
    "expires",
    "nickname",
    "refresh_token",
    "token",
    "user_id",
  ]);
  const login = await api.call("POST", "/api/v1/auth/login", null, {
    username: "alice_1",
    password: "secret",
  });
  t.is(login.status, 200);
  for (const { token } of [made.body, login.body] as unknown as { token: string }[]) {
    const profile = await api.call("GET", "/api/v1/profile", { token });
    t.is(profile.status, 200);
    t.like(profile.body, {
      user_id: "user_alice_1",
      username: "alice_1",
      nickname: "Alice",
      is_admin: false,
    });
    t.regex(String(profile.body.created_at), /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  }
  t.is((await register(api, {})).status, 409);
  t.like((await register(api, { username: "ALICE_1" })).body, { error: "用户名已被注册" });
});

test("the administrator's name is taken", async (t) => {
  t.is((await register(t.context.api, { username: "Admin" })).status, 409);
});

test("passwords differ to the last of 64 characters, whatever they are", async (t) => {
  const { api } = t.context;
  const password = "密".repeat(63);
  t.is((await register(api, { username: "bob", password: `${password}一` })).status, 201);
  const login = (last: string) =>
    api.call("POST", "/api/v1/auth/login", null, { username: "bob", password: password + last });
  t.is((await login("二")).status, 401);
  t.is((await login("一")).status, 200);
});

test("of two registrations of one name at the same time one is made", async (t) => {
  const all = await Promise.all(
    Array.from({ length: 8 }, () => register(t.context.api, { username: "carol" })),
  );
  t.deepEqual(all.map(({ status }) => status).toSorted(), [201, 409, 409, 409, 409, 409, 409, 409]);
});

const refused: [string, object, string][] = [
  ["a short name", { username: "ab" }, "用户名格式无效"],
  ["a name with a dot", { username: "al.ice" }, "用户名格式无效"],
  ["a name of 33 characters", { username: "a".repeat(33) }, "用户名格式无效"],
  ["an address without @", { email: "alice.example.org" }, "邮箱格式无效"],
  ["an address with nothing before @", { email: "@example.org" }, "邮箱格式无效"],
  ["a wrong code", { verify_code: "000001" }, "验证码错误"],
  ["a short password", { password: "12345" }, "请求参数错误: password"],
  ["a long password", { password: "x".repeat(65) }, "请求参数错误: password"],
  ["a number as nickname", { nickname: 5 }, "请求参数错误: nickname"],
  ["a long nickname", { nickname: "x".repeat(33) }, "请求参数错误: nickname"],
];
for (const [what, changes, error] of refused) {
  test(`refused: ${what}`, async (t) => {
    const { status, body } = await register(t.context.api, { username: "dave_1", ...changes });
    t.is(status, 400);
    t.true(String(body.error).startsWith(error), String(body.error));
    t.is(body.errorType as string, "invalid_request");
  });
}

test("an unknown user and a wrong password can't be told apart", async (t) => {
  const login = (username: string) =>
    t.context.api.call("POST", "/api/v1/auth/login", null, { username, password: "not the password" });
  await register(t.context.api, { username: "erin" });
  const [known, unknown] = [await login("erin"), await login("nobody")];
  t.deepEqual([known.status, known.text], [unknown.status, unknown.text]);
  t.like(known.body, { error: "用户名或密码错误", errorType: "invalid_credentials" });
  const time = async (username: string) => {
    const from = performance.now();
    await login(username);
    return performance.now() - from;
  };
  const times = { erin: [] as number[], nobody: [] as number[], admin: [] as number[] };
  for (let round = 0; round < 15; round++)
    for (const name of ["erin", "nobody", "admin"] as const) times[name].push(await time(name));
  const median = (values: number[]) => values.toSorted((a, b) => a - b)[7] ?? 0;
  const medians = Object.values(times).map(median);
  t.true(Math.max(...medians) < 2 * Math.min(...medians), String(medians));
});
