import anyTest, { type TestFn } from "ava";
import { Api } from "../../_kit/worlds/api.ts";

const test = anyTest as TestFn<{ api: Api }>;

test.before(async (t) => {
  const api = await Api.start({ env: { OPENAI_MODEL: "slow:1x1", LIMIT_JSON_ANSWER_BYTES: "200000" } });
  t.context = { api };
  const client = await api.system.client("exporter", { session: "story" });
  await api.call("POST", "/api/v1/sessions", { user: "admin" }, { session_id: "story", title: "故事" });
  await client.send("# first\n```js\n1\n```");
  await client.send("second");
  await client.settled(20_000);
  for (let n = 0; n < 4; n++) await client.send(`${n} ${"long ".repeat(5_000)}`, { session: "long" });
  await client.settled(30_000);
});
test.after.always((t) => t.context.api?.stop());

const download = (api: Api, id: string, query = "", user = "admin") =>
  api.call("GET", `/api/v1/sessions/${id}/export${query}`, { user });

test("JSON is the default, oldest first, a file to save", async (t) => {
  const answer = await download(t.context.api, "story");
  t.is(answer.status, 200, answer.text);
  t.regex(answer.headers.get("content-type") ?? "", /^application\/json/);
  t.is(
    answer.headers.get("content-disposition"),
    `attachment; filename="story.json"; filename*=UTF-8''story.json`,
  );
  t.deepEqual(Object.keys(answer.body.session), ["id", "title", "created_at", "updated_at"]);
  t.is(answer.body.session.title, "故事");
  t.deepEqual(
    answer.body.messages.map(({ role, content }: { role: string; content: string }) => [role, content]),
    [
      ["user", "# first\n```js\n1\n```"],
      ["assistant", "# first\n```js\n1\n```"],
      ["user", "second"],
      ["assistant", "second"],
    ],
  );
  t.deepEqual(Object.keys(answer.body.messages[0]), ["role", "content", "created_at"]);
});

test("Markdown and text say who said what", async (t) => {
  const markdown = await download(t.context.api, "story", "?format=markdown");
  t.regex(markdown.headers.get("content-type") ?? "", /^text\/markdown/);
  t.regex(markdown.text, /^# 故事\n\n## user · [\d-]+T[\d:.]+Z\n\n# first\n```js/);
  const text = await download(t.context.api, "story", "?format=txt");
  t.regex(text.headers.get("content-type") ?? "", /^text\/plain/);
  t.regex(text.text, /\] assistant: second\n$/);
  t.is(
    text.headers.get("content-disposition"),
    `attachment; filename="story.txt"; filename*=UTF-8''story.txt`,
  );
});

test("a session that is larger than an answer may be comes whole", async (t) => {
  const answer = await download(t.context.api, "long");
  t.is(answer.status, 200);
  t.true(answer.text.length > 200_000);
  t.is(answer.body.messages.length, 8);
  for (const [index, { content }] of answer.body.messages.entries())
    t.true(content.startsWith(`${Math.floor(index / 2)} long`));
});

test("an unknown format and an unknown session are refused", async (t) => {
  t.is((await download(t.context.api, "story", "?format=pdf")).status, 400);
  t.is((await download(t.context.api, "nothing")).status, 404);
  t.is((await download(t.context.api, "story", "", "user_b")).status, 404);
});
