import test from "ava";
import { startFakeEmbeddings } from "../../_kit/fakes/fake-embeddings.ts";
import { eventually } from "../../_kit/judge/waiting.ts";
import { Api } from "../../_kit/worlds/api.ts";
import { rolesCommand } from "../../_kit/worlds/roles.ts";

const root = "/api/v1/memory";

test("facts get their vectors when a model is there again, and new ones when it is another", async (t) => {
  const fake = await startFakeEmbeddings(t, [["automobile", "car", "vehicle"]]);
  const env = { EMBEDDINGS_URL: fake.url, LIMIT_VECTOR_RENEWAL_MS: "300" };
  const api = await Api.start({ actorCommand: rolesCommand("memory"), env });
  t.teardown(() => api.stop());
  const user = { user: "anna" };
  fake.down = true;
  t.is((await api.call("POST", root, user, { content: "The automobile is red" })).status, 201);
  const byMeaning = async () => (await api.call("GET", `${root}/search?q=vehicle`, user)).body.total === 1;
  t.false(await byMeaning());
  fake.down = false;
  await eventually(byMeaning, 20_000, "the fact is found by meaning");
  fake.texts.length = 0;
  fake.model = "two";
  await eventually(
    async () => fake.texts.includes("The automobile is red"),
    20_000,
    "the fact is embedded by the new model",
  );
  await eventually(byMeaning, 20_000, "it is found by meaning again");
  t.is(fake.texts.filter((text) => text === "The automobile is red").length, 1);
});
