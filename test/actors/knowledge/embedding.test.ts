import anyTest, { type TestFn } from "ava";
import { type FakeEmbeddings, startFakeEmbeddings } from "../../_kit/fakes/fake-embeddings.ts";
import { eventually } from "../../_kit/judge/waiting.ts";
import { Api } from "../../_kit/worlds/api.ts";
import { addDocument, found, newBase } from "../../_kit/worlds/knowledge.ts";
import { rolesCommand } from "../../_kit/worlds/roles.ts";

const test = anyTest as TestFn<{ api: Api; fake: FakeEmbeddings }>;
const anna = { user: "anna" };
const stops: (() => unknown)[] = [];

test.before(async (t) => {
  const synonyms = [
    ["automobile", "car", "vehicle"],
    ["banana", "fruit"],
  ];
  const fake = await startFakeEmbeddings({ teardown: (stop) => stops.push(stop) }, synonyms);
  const env = { EMBEDDINGS_URL: fake.url, LIMIT_VECTOR_RENEWAL_MS: "300" };
  t.context = { fake, api: await Api.start({ actorCommand: rolesCommand("knowledge"), env }) };
});
test.after.always(async (t) => {
  await t.context.api?.stop();
  for (const stop of stops) await stop();
});

const first = async (api: Api, query: string) =>
  (await found(api, anna, query, { limit: 1 }))[0]?.document_title;

test.serial("a question in other words finds its passage by meaning", async (t) => {
  const { api } = t.context;
  const base = await newBase(api, anna);
  await addDocument(api, anna, base, { title: "Garage", content: "The automobile stands below." });
  await addDocument(api, anna, base, { title: "Kitchen", content: "A banana lies there." });
  t.is(await first(api, "vehicle"), "Garage");
  t.is(await first(api, "fruit"), "Kitchen");
});

test.serial("without the model words find; what was added meanwhile gets its vectors later", async (t) => {
  const { api, fake } = t.context;
  fake.down = true;
  const base = await newBase(api, anna);
  const document = await addDocument(api, anna, base, { title: "Street", content: "A red car passes by." });
  t.is(document.status, "ready");
  t.is(await first(api, "banana"), "Kitchen");
  t.is(await first(api, "red passes"), "Street");
  fake.down = false;
  await eventually(
    async () => {
      const chunks = await found(api, anna, "vehicle", { kb_ids: [base] });
      return chunks.length > 0;
    },
    20_000,
    "the document is found by meaning",
  );
  t.pass();
});

test.serial(
  "when the model changes, everybody's documents are embedded again, searched or not",
  async (t) => {
    const { api, fake } = t.context;
    const ben = { user: "ben" };
    const base = await newBase(api, ben);
    await addDocument(api, ben, base, { title: "Harbour", content: "A vehicle waits at the pier." });
    fake.texts.length = 0;
    fake.model = "two";
    const passages = ["automobile stands", "banana lies", "red car passes", "vehicle waits"];
    const embedded = (passage: string) => fake.texts.filter((text) => text.includes(passage)).length;
    await eventually(
      async () => passages.every((passage) => embedded(passage) > 0),
      30_000,
      "vectors of the new model",
    );
    await eventually(async () => (await first(api, "fruit")) === "Kitchen", 10_000, "found by meaning again");
    const [harbour] = await found(api, ben, "automobile", { limit: 1 });
    t.is(harbour?.document_title, "Harbour");
    t.deepEqual(passages.map(embedded), [1, 1, 1, 1], "each passage is embedded once");
  },
);
