import test from "ava";
import { Api } from "../../../_kit/worlds/api.ts";

const key = "a key of the tests";

test("the generic webhook answers with the whole reply, to those who have the key", async (t) => {
  const api = await Api.start({ env: { WEBHOOK_KEY: key, OPENAI_MODEL: "slow:3x5" } });
  t.teardown(() => api.stop());
  const post = async (
    body: unknown,
    headers: Record<string, string> = { "x-webhook-key": key },
    path = "/api/v1",
  ) => {
    const response = await fetch(`${api.system.url()}${path}/webhook/generic`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };

  const first = await post({ message: "你好，世界" });
  t.is(first.status, 200, JSON.stringify(first));
  t.is(first.body.reply, "你好，世界");
  t.is(first.body.finish_reason, "stop");
  t.regex(String(first.body.session_id), /^webhook_[A-Za-z0-9_-]{12}$/);
  t.regex(String(first.body.message_id), /^msg_/);

  const named = { user_id: "alice", session_id: "s1", mode: "voice_msg", platform: "forum" };
  t.is((await post({ ...named, message: "one" }, undefined, "")).body.session_id, "s1");
  const both = await Promise.all(["two", "three"].map((message) => post({ ...named, message })));
  t.deepEqual(both.map(({ body }) => body.reply).sort(), ["three", "two"]);
  const history = await api.call("GET", "/api/v1/sessions/s1/messages?user_id=ext_alice", { user: "admin" });
  t.is((history.body.messages as unknown[]).length, 6, history.text);

  for (const headers of [{}, { "x-webhook-key": "wrong" }] as Record<string, string>[])
    t.is((await post({ message: "x" }, headers)).status, 401);
  for (const empty of [{}, { message: "" }, { message: "  " }]) {
    const { status, body } = await post(empty);
    t.is(status, 400);
    t.is(body.error, "消息不能为空");
  }
  for (const wrong of [
    { message: 5 },
    { message: "x", user_id: "a.b" },
    { message: "x", session_id: "" },
    [1],
  ])
    t.is((await post(wrong)).status, 400, JSON.stringify(wrong));

  const failed = await post({ message: "@500 please" });
  t.is(failed.status, 502);
  t.regex(String(failed.body.error), /^AI 服务暂不可用: /);
  const command = await post({ message: "/version", session_id: "s2" });
  t.regex(String(command.body.reply), /^Parley /);
});

test("without a configured key nobody may call it", async (t) => {
  const api = await Api.start();
  t.teardown(() => api.stop());
  const response = await fetch(`${api.system.url()}/webhook/generic`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-webhook-key": "" },
    body: JSON.stringify({ message: "x" }),
  });
  t.is(response.status, 401);
});
