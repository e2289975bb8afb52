import anyTest, { type TestFn } from "ava";
import { MongoClient } from "mongodb";
import { knowledgeCollections } from "../../../schemas/documents/knowledge.ts";
import { memoryCollections } from "../../../schemas/documents/memory.ts";
import { eventually } from "../../_kit/judge/waiting.ts";
import { Api } from "../../_kit/worlds/api.ts";

const test = anyTest as TestFn<{ api: Api }>;

test.before(async (t) => {
  t.context = { api: await Api.start({ env: { REGISTRATION_ENABLED: "true", EXTRAS: "0" } }) };
});
test.after.always((t) => t.context.api?.stop());

test("what was remembered and known of a deleted user goes with him, and nobody else's does", async (t) => {
  const { api } = t.context;
  const registered = await api.call("POST", "/api/v1/auth/register", null, {
    username: "gone",
    password: "secret",
    email: "gone@example.org",
    nickname: "Gone",
    verify_code: "000000",
  });
  t.is(registered.status, 201, registered.text);
  const gone = { token: String(registered.body.token) };
  const other = { user: "user_other" };
  for (const caller of [gone, other]) {
    t.is((await api.call("POST", "/api/v1/memory", caller, { content: "The car is red" })).status, 201);
    t.is((await api.call("POST", "/api/v1/knowledge/bases", caller, { name: "Notes" })).status, 201);
  }
  t.is((await api.call("DELETE", "/api/v1/admin/users/user_gone", { user: "admin" })).status, 200);
  // His token is worth nothing any more, so what is left is counted where it is kept.
  const mongo = new MongoClient(api.system.engines.mongodbUri);
  t.teardown(() => mongo.close());
  const kept = [memoryCollections.memories, knowledgeCollections.bases];
  const left = async (user: string) =>
    Promise.all(kept.map((name) => mongo.db("parley").collection(name).countDocuments({ user_id: user })));
  await eventually(
    async () => (await left("user_gone")).every((count) => count === 0),
    10_000,
    "all of it goes",
  );
  t.deepEqual(await left("user_other"), [1, 1]);
});
