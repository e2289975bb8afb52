import anyTest, { type TestFn } from "ava";
import type { AnyFrame } from "../../_kit/clients/wire-socket.ts";
import { Api, type Caller } from "../../_kit/worlds/api.ts";
import { rolesCommand } from "../../_kit/worlds/roles.ts";

const test = anyTest as TestFn<{ api: Api }>;
const root = "/api/v1/memory";

test.before(async (t) => {
  t.context = { api: await Api.start({ actorCommand: rolesCommand("memory") }) };
});
test.after.always((t) => t.context.api?.stop());

async function add(api: Api, caller: Caller, content: string, more = {}): Promise<AnyFrame> {
  const { status, body, text } = await api.call("POST", root, caller, { content, ...more });
  if (status !== 201) throw new Error(text);
  return body.memory as AnyFrame;
}

async function list(api: Api, caller: Caller, path = root): Promise<AnyFrame[]> {
  return (await api.call("GET", path, caller)).body.memories as AnyFrame[];
}

test("a fact is added, listed, searched and forgotten in the documented shapes", async (t) => {
  const { api } = t.context;
  const user = { user: "anna" };
  const made = await api.call("POST", root, user, { content: "喜欢在雨天听爵士乐" });
  t.is(made.status, 201);
  t.true(made.body.success);
  t.like(made.body.memory, {
    user_id: "anna",
    content: "喜欢在雨天听爵士乐",
    category: "other",
    priority: 1,
  });
  await add(api, user, "The dentist is on Baker Street", { category: "health", priority: 3 });
  const all = await api.call("GET", root, user);
  t.is(all.body.total, 2);
  t.is(all.body.memories[0].category, "health");
  t.deepEqual((await list(api, user, `${root}/search?q=${encodeURIComponent("爵士乐")}`)).length, 1);
  t.like((await list(api, user, `${root}/search?q=dentists`))[0], { category: "health" });
  t.deepEqual(await list(api, user, `${root}/search?q=astronomy`), []);
  const { id } = made.body.memory;
  const gone = await api.call("DELETE", `${root}?id=${id}`, user);
  t.deepEqual([gone.status, gone.body], [200, { status: "deleted" }]);
  t.is((await api.call("DELETE", `${root}?id=${id}`, user)).status, 404);
  t.is((await list(api, user)).length, 1);
});

test("the same fact is kept once, in its highest priority", async (t) => {
  const { api } = t.context;
  const user = { user: "ben" };
  const first = await add(api, user, "The car is red.", { priority: 4 });
  const again = await Promise.all([1, 2, 3].map(() => add(api, user, "the car is  red", { priority: 2 })));
  for (const { id, priority } of again) t.deepEqual([id, priority], [first.id, 4]);
  t.is((await list(api, user)).length, 1);
  const many = await Promise.all(Array.from({ length: 8 }, () => add(api, user, "The house is blue")));
  t.is(new Set(many.map(({ id }) => id)).size, 1);
});

test("a contradicted fact stays, with the date until which it held", async (t) => {
  const { api } = t.context;
  const user = { user: "carla" };
  const old = await add(api, user, "I live in Berlin");
  const now = await add(api, user, "I moved to Lisbon");
  const memories = await list(api, user);
  t.is(memories.length, 2);
  t.like(
    memories.find(({ id }) => id === old.id),
    { content: "I live in Berlin", superseded_by: now.id },
  );
  t.regex(String(memories.find(({ id }) => id === old.id)?.superseded_at), /^\d{4}-/);
  t.is(memories.find(({ id }) => id === now.id)?.superseded_at, undefined);
  await add(api, user, "I live in Berlin");
  const current = (await list(api, user)).filter(({ superseded_at }) => superseded_at === undefined);
  t.deepEqual(
    current.map(({ content }) => content),
    ["I live in Berlin"],
  );
});

test("nobody sees, searches or forgets what others have", async (t) => {
  const { api } = t.context;
  const dora = { user: "dora" };
  const eve = { user: "eve" };
  const { id } = await add(api, dora, "The code of the gate is 4711");
  t.deepEqual(await list(api, eve), []);
  t.deepEqual(await list(api, eve, `${root}/search?q=gate+code`), []);
  t.is((await api.call("DELETE", `${root}?id=${id}`, eve)).status, 404);
  for (const [method, path] of [
    ["GET", `${root}?user_id=dora`],
    ["GET", `${root}/search?q=gate&user_id=dora`],
    ["DELETE", `${root}?id=${id}&user_id=dora`],
    ["GET", `${root}?user_id=nobody`],
  ] as const) {
    const refused = await api.call(method, path, eve);
    t.deepEqual([refused.status, refused.body.errorType], [403, "admin_only"], path);
  }
  t.is((await list(api, { user: "admin" }, `${root}?user_id=dora`)).length, 1);
  t.is((await list(api, dora)).length, 1);
});

test("what a request lacks is named", async (t) => {
  const { api } = t.context;
  const user = { user: "fay" };
  for (const [method, path, body, field] of [
    ["POST", root, {}, "content"],
    ["POST", root, { content: "x", priority: "high" }, "priority"],
    ["GET", `${root}/search`, undefined, "q"],
    ["DELETE", root, undefined, "id"],
  ] as const) {
    const { status, body: answer } = await api.call(method, path, user, body);
    t.is(status, 400, `${method} ${path}`);
    t.true(String(answer.error).includes(field), String(answer.error));
  }
});
