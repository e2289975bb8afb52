import anyTest, { type TestFn } from "ava";
import { Api } from "../../_kit/worlds/api.ts";

const test = anyTest as TestFn<{ api: Api }>;
const path = "/api/v1/admin/users";

test.before(async (t) => {
  t.context = { api: await Api.start() };
});
test.after.always((t) => t.context.api?.stop());

test("an administrator creates many users at once; each has a token and no password", async (t) => {
  const { api } = t.context;
  const made = await api.call("POST", path, { user: "admin" }, { count: 200, prefix: "load_a" });
  t.is(made.status, 201);
  const users = made.body.users as unknown as { user_id: string; username: string; token: string }[];
  t.is(new Set(users.map(({ user_id }) => user_id)).size, 200);
  const [first] = users;
  const profile = await api.call("GET", "/api/v1/profile", { token: first?.token ?? "" });
  t.like(profile.body, { user_id: first?.user_id, is_admin: false });
  const logIn = { username: first?.username, password: "" };
  t.is((await api.call("POST", "/api/v1/auth/login", null, logIn)).status, 401);
  t.is((await api.call("DELETE", `${path}/${first?.user_id}`, { user: "admin" })).status, 200);
});

test("a prefix that was used is refused, and nobody else may create users", async (t) => {
  const { api } = t.context;
  const body = { count: 2, prefix: "load_b" };
  t.is((await api.call("POST", path, { user: "admin" }, body)).status, 201);
  t.is((await api.call("POST", path, { user: "admin" }, { ...body, count: 5 })).status, 409);
  t.is((await api.call("POST", path, { user: "user_x" }, body)).status, 403);
  for (const wrong of [
    { count: 0, prefix: "x" },
    { count: 1_001, prefix: "x" },
    { count: 1, prefix: "a b" },
  ])
    t.is((await api.call("POST", path, { user: "admin" }, wrong)).status, 400, JSON.stringify(wrong));
});
