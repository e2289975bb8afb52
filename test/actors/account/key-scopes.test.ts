import anyTest, { type TestFn } from "ava";
import { eventually } from "../../_kit/judge/waiting.ts";
import { Api } from "../../_kit/worlds/api.ts";

const webhookKey = "the shared key of the tests";
const test = anyTest as TestFn<{ api: Api }>;

test.before(async (t) => {
  t.context = { api: await Api.start({ env: { WEBHOOK_KEY: webhookKey } }) };
});
test.after.always((t) => t.context.api?.stop());

interface MadeKey {
  id: string;
  key: string;
  scopes: string[];
}

async function make(api: Api, caller: { user: string } | { token: string }, body: object) {
  const { status, body: made, text } = await api.call("POST", "/api/v1/keys", caller, body);
  return { status, text, made: made as unknown as MadeKey };
}

test("a key is good for what it was made for, and can't make more than itself", async (t) => {
  const { api } = t.context;
  const user = { user: "user_scopes" };
  const { made: device } = await make(api, user, { name: "lamp", scopes: ["device"] });
  t.deepEqual(device.scopes, ["device"]);
  const token = { token: device.key };
  t.is((await api.call("GET", "/api/v1/devices", token)).status, 200);
  for (const path of [
    "/api/v1/sessions",
    "/api/v1/keys",
    "/api/v1/automation/rules",
    "/api/v1/profile",
    "/v1/models",
  ])
    t.is((await api.call("GET", path, token)).status, 403, path);
  t.is((await make(api, token, { name: "more" })).status, 403);

  const { made: account } = await make(api, user, { name: "a", scopes: ["account", "chat"] });
  const { status, text } = await make(api, { token: account.key }, { name: "b", scopes: ["device"] });
  t.is(status, 403, text);
  const { made: narrower } = await make(api, { token: account.key }, { name: "c" });
  t.deepEqual(narrower.scopes, ["account", "chat"], "by default its own");
  const { made: all } = await make(api, user, { name: "d" });
  t.is(all.scopes.length, 5);
  t.is((await api.call("GET", "/api/v1/sessions", { token: all.key })).status, 200);
  for (const scopes of [[], ["root"], "chat"])
    t.is((await make(api, user, { name: "e", scopes })).status, 400);
});

test("the administrator's key without the scope admin has no rights over others", async (t) => {
  const { api } = t.context;
  const { made: chat } = await make(api, { user: "admin" }, { name: "chat", scopes: ["chat", "automation"] });
  const token = { token: chat.key };
  t.is((await api.call("GET", "/api/v1/admin/models/routing", token)).status, 403);
  t.is((await api.call("GET", "/metrics", token)).status, 403);
  t.is((await api.call("GET", "/api/v1/sessions?user_id=user_x", token)).status, 403);
  const push = { user_id: "user_x", type: "info", title: "t", body: "b" };
  t.is((await api.call("POST", "/api/v1/notifications/push", token, push)).status, 403);
  t.is((await api.call("GET", "/api/v1/sessions", token)).status, 200);
});

test("each integration has a webhook key of its own, which ends within 5 s", async (t) => {
  const { api } = t.context;
  const path = "/api/v1/admin/webhook-keys";
  t.is((await api.call("GET", path, { user: "user_x" })).status, 403);
  const { body, status } = await api.call("POST", path, { user: "admin" }, { name: "forum" });
  t.is(status, 201);
  const { id, key } = body as unknown as MadeKey;
  t.regex(key, /^whk-[\w-]{43}$/);
  const listed = await api.call("GET", path, { user: "admin" });
  t.like(listed.body, { keys: [{ id, name: "forum" }] });
  t.false(listed.text.includes(key));
  const post = (given: string, message: object) =>
    fetch(`${api.system.url()}/webhook/generic`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-webhook-key": given },
      body: JSON.stringify(message),
    });
  for (const good of [key, webhookKey])
    t.is((await post(good, { message: "hi", user_id: "u1" })).status, 200);
  for (const bad of ["wrong", `whk-${"x".repeat(43)}`, ""])
    t.is((await post(bad, { message: "hi" })).status, 401);
  t.is((await api.call("GET", "/api/v1/sessions", { token: key })).status, 401, "it is no user's");
  t.is((await api.call("DELETE", `${path}/${id}`, { user: "admin" })).status, 200);
  t.is((await api.call("DELETE", `${path}/${id}`, { user: "admin" })).status, 404);
  await eventually(async () => (await post(key, { message: "hi" })).status === 401, 8_000, "the key's end");
});

test("a webhook can't speak as a user of a chat platform", async (t) => {
  const { api } = t.context;
  const post = async (user_id: string) => {
    const response = await fetch(`${api.system.url()}/api/v1/webhook/generic`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-webhook-key": webhookKey },
      body: JSON.stringify({ message: "hi", user_id, session_id: "telegram_5" }),
    });
    return { status: response.status, text: await response.text() };
  };
  for (const id of ["telegram_5", "ext_telegram_5", "qq_7", "discord_9", "telegram", "ext_qq"]) {
    const { status, text } = await post(id);
    t.is(status, 400, id);
    t.regex(text, /user_id/);
  }
  for (const id of ["telegraph_5", "alice_telegram_5"]) t.is((await post(id)).status, 200, id);
});
