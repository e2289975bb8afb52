import anyTest, { type TestFn } from "ava";
import { titleFrom } from "../../../actors/session/rest/session-titles.ts";
import { eventually } from "../../_kit/judge/waiting.ts";
import { Api } from "../../_kit/worlds/api.ts";
import { unreachable } from "../../_kit/worlds/provider.ts";

const test = anyTest as TestFn<{ api: Api }>;

test.before(async (t) => {
  t.context = { api: await Api.start({ env: { OPENAI_MODEL: "slow:1x1" } }) };
});
test.after.always((t) => t.context.api?.stop());

const titleOf = async (api: Api, id: string) =>
  (await api.call("GET", `/api/v1/sessions/${id}`, { user: "admin" })).body.title as string;

test("after the first turn a session has a title of what was asked, and keeps it", async (t) => {
  const { api } = t.context;
  const client = await api.system.client("titled", { session: "weather" });
  await client.send("/help");
  await client.send("今天北京的天气怎么样？我想去公园。");
  await client.settled(20_000);
  await eventually(async () => (await titleOf(api, "weather")) !== "新的对话", 10_000, "a title");
  const title = await titleOf(api, "weather");
  t.true(title.startsWith("今天北京的天气怎么样"), title);
  t.true(title.length <= 21);
  await client.send("Something else");
  await client.settled(20_000);
  await client.send("next", { session: "marker" });
  await client.settled(20_000);
  await eventually(async () => (await titleOf(api, "marker")) === "next", 10_000, "the marker's title");
  t.is(await titleOf(api, "weather"), title);
});

test("the second turn does not overtake the title of the first", async (t) => {
  const { api } = t.context;
  const client = await api.system.client("hasty", { session: "hasty" });
  await client.send("@slow:2x600 the first");
  await client.send("the second");
  await client.settled(20_000);
  await eventually(async () => (await titleOf(api, "hasty")) !== "新的对话", 10_000, "a title");
  t.regex(await titleOf(api, "hasty"), /the first/);
});

test("a title that the user gave stays", async (t) => {
  const { api } = t.context;
  await api.call("POST", "/api/v1/sessions", { user: "admin" }, { session_id: "given", title: "mine" });
  const client = await api.system.client("giver", { session: "given" });
  await client.send("hello there");
  await client.send("hello", { session: "after" });
  await client.settled(20_000);
  await eventually(async () => (await titleOf(api, "after")) === "hello", 10_000, "the title after it");
  t.is(await titleOf(api, "given"), "mine");
});

test("when the model fails the text gives the title", async (t) => {
  const api = await Api.start({ env: { OPENAI_BASE_URL: unreachable, LIMIT_PROVIDER_RETRIES: "1" } });
  t.teardown(() => api.stop());
  const client = await api.system.client("failing", { session: "failed" });
  await client.send("Why is the sky blue? I ask since long.", { model: "ena-test" });
  await client.settled(20_000);
  await eventually(async () => (await titleOf(api, "failed")) === "Why is the sky blue?", 20_000, "a title");
  t.pass();
});

const texts: [string, string][] = [
  ["hello", "hello"],
  ["你好。今天怎么样", "你好"],
  ["Version 1.2 is out. What is new?", "Version 1.2 is out"],
  ["<action>waves</action> hello", "waves hello"],
  ["```js\ncode\n```\nwhat does it do", "what does it do"],
  ["[the docs](https://example.org) are wrong", "the docs are wrong"],
  ["", ""],
  [" \n ", ""],
  ["一".repeat(50), `${"一".repeat(20)}…`],
  ["x".repeat(50), `${"x".repeat(20)}…`],
];
for (const [text, title] of texts)
  test(`${JSON.stringify(text.slice(0, 40))} is called ${title}`, (t) => t.is(titleFrom(text), title));

test("a long text ends at a word", (t) => {
  const title = titleFrom("Explain to me how the garbage collector of the V8 engine works in detail please");
  t.regex(title, /^Explain to me how the garbage .*\w…$/);
  t.true(title.length <= 42);
});
