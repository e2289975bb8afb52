import anyTest, { type TestFn } from "ava";
import { WireSocket } from "../../_kit/clients/wire-socket.ts";
import { eventually } from "../../_kit/judge/waiting.ts";
import { Api } from "../../_kit/worlds/api.ts";
import { mintToken } from "../../_kit/worlds/token.ts";

const test = anyTest as TestFn<{ api: Api }>;

/** Session → what was asked in it; each is also answered by itself. */
const said: [string, string][] = [
  ["travel", "我今天去北京大学图书馆看书"],
  ["travel", "北京的天气很好，我们去公园散步"],
  ["travel", "上海的天气不好"],
  ["travel", "昔涟轻轻推开窗户"],
  ["work", "Please deploy the gateway to production tonight"],
  ["work", "The gateway, the gateway and again the gateway: gateway logs"],
  ["work", "用docker部署网关"],
  ["work", "Look at a.b*c and (x|y) and $where: 100%"],
  ["work", "Größe und ÉCOLE"],
];

test.before(async (t) => {
  const api = await Api.start({ env: { OPENAI_MODEL: "slow:1x1" } });
  t.context = { api };
  await api.call("POST", "/api/v1/sessions", { user: "admin" }, { session_id: "travel", title: "旅行" });
  const client = await api.system.client("speaker");
  for (const [session, content] of said) await client.send(content, { session });
  await client.settled(30_000);
  // Its own end is below: hooks have no teardown.
  const other = await WireSocket.open(
    { teardown: () => {} },
    api.system.ports()[0] ?? 0,
    `/${mintToken("user_b")}`,
  );
  other.send({ content: "secret gateway of another user" });
  await other.until(() => other.frames.some((frame) => frame.choices?.[0]?.finish_reason), "the reply");
  other.ws.terminate();
  const all = async () => {
    for (const [, content] of said) if ((await search(api, content)).body.total < 2) return false;
    return (await search(api, "secret", "", "user_b")).body.total === 2;
  };
  await eventually(all, 20_000, "all messages are indexed");
});
test.after.always((t) => t.context.api?.stop());

const search = (api: Api, q: string, query = "", user = "admin") =>
  api.call("GET", `/api/v1/messages/search?q=${encodeURIComponent(q)}${query}`, { user });
const found = async (api: Api, q: string) => {
  const { results } = (await search(api, q)).body;
  return [...new Set((results as { content: string }[]).map(({ content }) => content))];
};

test("an answer has what was found, how much, and what was asked for", async (t) => {
  const { status, body } = await search(t.context.api, "图书馆");
  t.is(status, 200);
  t.like(body, { total: 2, query: "图书馆", limit: 50, offset: 0 });
  t.deepEqual(body.results.map(({ role }: { role: string }) => role).toSorted(), ["assistant", "user"]);
  t.deepEqual(Object.keys(body.results[0]).toSorted(), [
    "content",
    "created_at",
    "message_id",
    "role",
    "session_id",
    "session_title",
  ]);
  t.like(body.results[0], {
    session_id: "travel",
    session_title: "旅行",
    content: "我今天去北京大学图书馆看书",
  });
});

const queries: [string, string[]][] = [
  ["北京", ["我今天去北京大学图书馆看书", "北京的天气很好，我们去公园散步"]],
  ["天气 北京", ["北京的天气很好，我们去公园散步"]],
  ["天气", ["北京的天气很好，我们去公园散步", "上海的天气不好"]],
  ["大学图书", ["我今天去北京大学图书馆看书"]],
  ["书", ["我今天去北京大学图书馆看书"]],
  ["学图书", ["我今天去北京大学图书馆看书"]],
  ["昔涟", ["昔涟轻轻推开窗户"]],
  ["涟轻", ["昔涟轻轻推开窗户"]],
  ["部署", ["用docker部署网关"]],
  ["docker", ["用docker部署网关"]],
  ["DEPLOY Gateway", ["Please deploy the gateway to production tonight"]],
  ["ｇateway tonight", ["Please deploy the gateway to production tonight"]],
  ["größe", ["Größe und ÉCOLE"]],
  ["e\u0301cole", ["Größe und ÉCOLE"]],
  ["100%", ["Look at a.b*c and (x|y) and $where: 100%"]],
  ["gate.*", []],
  [".*", []],
  ["$where", ["Look at a.b*c and (x|y) and $where: 100%"]],
  ["(((", []],
  ["gateway -logs", ["The gateway, the gateway and again the gateway: gateway logs"]],
  ['"deploy"', ["Please deploy the gateway to production tonight"]],
  ["广州", []],
  ["secret", []],
];
for (const [q, contents] of queries)
  test(`${JSON.stringify(q)} finds ${contents.length} texts`, async (t) => {
    t.deepEqual((await found(t.context.api, q)).toSorted(), contents.toSorted());
  });

test("what fits best comes first", async (t) => {
  const [best] = await found(t.context.api, "gateway");
  t.is(best, "The gateway, the gateway and again the gateway: gateway logs");
  t.is((await found(t.context.api, "北京 的"))[0], "北京的天气很好，我们去公园散步");
});

test("pages follow one another without a repetition", async (t) => {
  const { api } = t.context;
  const { results, total } = (await search(api, "the")).body;
  t.is(results.length, total);
  const ids: string[] = [];
  for (let offset = 0; offset < total; offset++) {
    const page = (await search(api, "the", `&limit=1&offset=${offset}`)).body;
    t.is(page.total, total);
    ids.push(page.results[0].message_id);
  }
  t.deepEqual(
    ids,
    results.map(({ message_id }: { message_id: string }) => message_id),
  );
  t.deepEqual((await search(api, "the", "&offset=50")).body.results, []);
});

test("everybody finds his own; another's only the administrator, by name", async (t) => {
  const { api } = t.context;
  t.is((await search(api, "gateway", "", "user_b")).body.total, 2);
  t.is((await search(api, "gateway", "&user_id=user_b", "user_b")).body.total, 2);
  t.is((await search(api, "secret", "&user_id=user_b")).body.total, 2);
  t.is((await search(api, "gateway", "", "user_c")).body.total, 0);
  for (const user of ["admin", "nobody"]) {
    const refused = await search(api, "gateway", `&user_id=${user}`, "user_b");
    t.is(refused.status, 403);
    t.is(refused.body.errorType, "admin_only");
  }
});

test("a search without words, or with wrong numbers, is refused", async (t) => {
  const { api } = t.context;
  for (const query of [
    "",
    "?q=",
    "?q=%20",
    `?q=${"x".repeat(201)}`,
    "?q=a&limit=0",
    "?q=a&offset=-1",
    "?q=a&limit=x",
  ])
    t.is((await api.call("GET", `/api/v1/messages/search${query}`, { user: "admin" })).status, 400, query);
});
