import test from "ava";
import { startFakeEmbeddings } from "../../_kit/fakes/fake-embeddings.ts";
import { eventually } from "../../_kit/judge/waiting.ts";
import { Api } from "../../_kit/worlds/api.ts";
import { addDocument, found, newBase } from "../../_kit/worlds/knowledge.ts";
import { rolesCommand } from "../../_kit/worlds/roles.ts";

const admin = { user: "admin" };
const ben = { user: "ben" };

test("one user's long documents hold nobody up, and end when they are deleted", async (t) => {
  const fake = await startFakeEmbeddings(t, []);
  fake.msPerText = 30;
  const api = await Api.start({ actorCommand: rolesCommand("knowledge"), env: { EMBEDDINGS_URL: fake.url } });
  t.teardown(() => api.stop());
  const client = await api.system.client("watcher");
  const base = await newBase(api, admin);
  const content = Array.from(
    { length: 1_500 },
    (_, i) => `## Part ${i}\nThe word quixotic, number ${i}.`,
  ).join("\n");
  const path = `/api/v1/knowledge/bases/${base}/documents`;
  const ids: string[] = [];
  for (let i = 0; i < 10; i++) {
    const { body } = await api.call("POST", path, admin, { title: `Long ${i}`, content });
    ids.push(String(body.id));
  }
  await eventually(async () => fake.texts.length > 5, 10_000, "the work has begun");
  const began = performance.now();
  await addDocument(api, ben, await newBase(api, ben), { title: "Note", content: "The lighthouse is red." });
  t.true(performance.now() - began < 10_000, "a short document of another user is ready within seconds");
  const asked = performance.now();
  t.is((await found(api, ben, "lighthouse")).length, 1);
  t.true(performance.now() - asked < 1_500, "questions pass passages");
  const progress = () => client.frames.filter(({ frame }) => frame.type === "knowledge_progress").length;
  await api.call("DELETE", `/api/v1/knowledge/documents/${ids[0]}`, admin);
  await api.call("DELETE", `/api/v1/knowledge/bases/${base}`, admin);
  const stands = async () => {
    const before = fake.texts.length + progress();
    for (let i = 0; i < 40; i++) await api.call("GET", "/api/v1/knowledge/bases", admin);
    return fake.texts.length + progress() === before;
  };
  await eventually(stands, 10_000, "nothing of the deleted documents is worked on");
  t.true(fake.texts.length < 1_500);
});
