import anyTest, { type TestFn } from "ava";
import { Api } from "../../_kit/worlds/api.ts";
import { addDocument, found, newBase } from "../../_kit/worlds/knowledge.ts";
import { rolesCommand } from "../../_kit/worlds/roles.ts";

const test = anyTest as TestFn<{ api: Api }>;
const anna = { user: "anna" };
const ben = { user: "ben" };
const root = "/api/v1/knowledge";
const iso = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;

test.before(async (t) => {
  t.context = { api: await Api.start({ actorCommand: rolesCommand("knowledge") }) };
});
test.after.always((t) => t.context.api?.stop());

test("a base is made, listed, shown, renamed and deleted in the documented shapes", async (t) => {
  const { api } = t.context;
  const user = { user: "carla" };
  const made = await api.call("POST", `${root}/bases`, user, { name: "Manuals", description: "of machines" });
  t.is(made.status, 201);
  t.like(made.body, { name: "Manuals", description: "of machines", user_id: "carla", doc_count: 0 });
  t.regex(String(made.body.created_at), iso);
  const { id } = made.body;
  const list = await api.call("GET", `${root}/bases`, user);
  t.like(list.body, { total: 1, knowledge_bases: [{ id, name: "Manuals" }] });
  const put = await api.call("PUT", `${root}/bases/${id}`, user, { name: "Handbooks" });
  t.deepEqual([put.status, put.body], [200, { status: "updated" }]);
  const shown = await api.call("GET", `${root}/bases/${id}`, user);
  t.like(shown.body, { knowledge_base: { name: "Handbooks", description: "of machines" }, documents: [] });
  const gone = await api.call("DELETE", `${root}/bases/${id}`, user);
  t.deepEqual([gone.status, gone.body], [200, { status: "deleted" }]);
  t.is((await api.call("GET", `${root}/bases/${id}`, user)).status, 404);
});

test("a text larger than a NATS message becomes a document", async (t) => {
  const { api } = t.context;
  const base = await newBase(api, anna, "large");
  const content = `${"Rinse the filter. ".repeat(50_000)}Zanzibar.`;
  const document = await addDocument(api, anna, base, { title: "Large", content });
  t.is(document.status, "ready");
  t.is((await found(api, anna, "Zanzibar", { kb_ids: [base] }))[0]?.document_id, document.id);
});

test("a text becomes chunks under their headings, which are found with document, place and score", async (t) => {
  const { api } = t.context;
  const base = await newBase(api, anna);
  const content =
    "# Pump\n\n## Filter\nRinse the filter every second week.\n\n## 噪音\n水泵发出异响时,请检查叶轮是否松动。";
  const added = await api.call("POST", `${root}/bases/${base}/documents`, anna, {
    title: "Pump manual",
    content,
  });
  t.is(added.status, 201);
  t.like(added.body, {
    kb_id: base,
    title: "Pump manual",
    source_type: "text",
    raw_content: content,
    chunk_count: 2,
  });
  const document = await addDocument(api, anna, base, { title: "Other", content: "Nothing about that." });
  t.is(document.status, "ready");
  const english = await found(api, anna, "filters rinsing", { limit: 1 });
  t.like(english[0], { document_title: "Pump manual", heading: "Pump › Filter", index: 0, kb_id: base });
  const [chinese] = await found(api, anna, "叶轮松动怎么办");
  t.like(chinese, { heading: "Pump › 噪音", document_id: added.body.id });
  const score = Number(chinese?.score);
  t.true(score > 0 && score <= 1, String(score));
  t.is(content.slice(Number(chinese?.start), Number(chinese?.end)), chinese?.content);
  const shown = await api.call("GET", `${root}/documents/${added.body.id}`, anna);
  t.like(shown.body, { document: { status: "ready", chunk_count: 2 }, chunks: [{ index: 0 }, { index: 1 }] });
  const list = await api.call("GET", `${root}/bases/${base}/documents`, anna);
  t.like(list.body, { total: 2, documents: [{ title: "Pump manual" }, { title: "Other" }] });
  t.is((await api.call("GET", `${root}/bases/${base}`, anna)).body.knowledge_base.doc_count, 2);
});

test("one Chinese character finds the words it is in", async (t) => {
  const { api } = t.context;
  const user = { user: "dora" };
  const base = await newBase(api, user);
  await addDocument(api, user, base, { title: "茶", content: "绿茶用八十度的泉水泡三分钟。" });
  await addDocument(api, user, base, { title: "面", content: "面团发酵一个小时。" });
  for (const query of ["茶", "茶 水"]) {
    const chunks = await found(api, user, query);
    t.is(chunks.length, 1, query);
    t.like(chunks[0], { document_title: "茶" });
    t.true(Number(chunks[0]?.score) > 0.5);
  }
  t.deepEqual(await found(api, user, "鹅"), []);
});

test("a deleted document is found no more", async (t) => {
  const { api } = t.context;
  const user = { user: "dora" };
  const base = await newBase(api, user);
  const document = await addDocument(api, user, base, { title: "Zebra", content: "The zebra has stripes." });
  t.is((await found(api, user, "zebra")).length, 1);
  const gone = await api.call("DELETE", `${root}/documents/${document.id}`, user);
  t.deepEqual([gone.status, gone.body], [200, { status: "deleted" }]);
  t.deepEqual(await found(api, user, "zebra"), []);
  t.is((await api.call("GET", `${root}/documents/${document.id}`, user)).status, 404);
  t.is((await api.call("GET", `${root}/bases/${base}`, user)).body.knowledge_base.doc_count, 0);
});

test("what belongs to somebody else is not there, by id and by search", async (t) => {
  const { api } = t.context;
  const base = await newBase(api, ben);
  const document = await addDocument(api, ben, base, {
    title: "Secret",
    content: "The treasure lies below the oak.",
  });
  const asked: [string, string, unknown?][] = [
    ["GET", `bases/${base}`],
    ["PUT", `bases/${base}`, { name: "mine" }],
    ["DELETE", `bases/${base}`],
    ["GET", `bases/${base}/documents`],
    ["POST", `bases/${base}/documents`, { title: "x", content: "y" }],
    ["GET", `documents/${document.id}`],
    ["DELETE", `documents/${document.id}`],
  ];
  for (const [method, path, body] of asked)
    t.is((await api.call(method, `${root}/${path}`, anna, body)).status, 404, `${method} ${path}`);
  for (const kb_ids of [[base], [await newBase(api, anna), base], ["no-such-base"]]) {
    const refused = await api.call("POST", `${root}/search`, anna, { query: "treasure oak", kb_ids });
    t.deepEqual([refused.status, refused.body.errorType], [404, "not_found"]);
  }
  t.false(JSON.stringify(await found(api, anna, "treasure below the oak")).includes("treasure"));
  t.is((await found(api, ben, "treasure", { kb_ids: [base] })).length, 1);
});

test("long lists come in parts that fit into an answer", async (t) => {
  const { api } = t.context;
  const user = { user: "gerd" };
  const base = await newBase(api, user);
  const content = "All work and no play. ".repeat(10_000);
  for (let i = 0; i < 6; i++) {
    const body = { title: `Part ${i}`, content };
    const added = await api.call("POST", `${root}/bases/${base}/documents`, user, body);
    t.is(added.status, 201, added.text);
  }
  const list = await api.call("GET", `${root}/bases/${base}/documents`, user);
  t.deepEqual([list.status, list.body.total, list.body.documents.length], [200, 6, 6]);
  t.true(String(list.body.documents[0].raw_content).startsWith("All work"));
  const rest = await api.call("GET", `${root}/bases/${base}/documents?offset=4`, user);
  const titles = (rest.body.documents as { title: string }[]).map(({ title }) => title);
  t.deepEqual(titles, ["Part 4", "Part 5"]);
  const description = "x".repeat(4_000);
  for (let i = 0; i < 120; i++) await api.call("POST", `${root}/bases`, user, { name: `b${i}`, description });
  const first = await api.call("GET", `${root}/bases`, user);
  t.is(first.body.total, 121);
  const shown = first.body.knowledge_bases.length;
  t.true(shown > 50 && shown < 121, String(shown));
  const second = await api.call("GET", `${root}/bases?offset=${shown}`, user);
  t.is(second.body.knowledge_bases.length, 121 - shown);
});

test("what a request lacks is named", async (t) => {
  const { api } = t.context;
  const base = await newBase(api, anna);
  const wrong: [string, unknown, string][] = [
    [`bases`, {}, "name"],
    [`bases`, { name: " " }, "name"],
    [`bases/${base}/documents`, { content: "x" }, "title"],
    [`bases/${base}/documents`, { title: "x" }, "content"],
    [`bases/${base}/documents`, { title: "x", source_type: "file" }, "file_id"],
    [`bases/${base}/documents`, { title: "x", source_type: "url" }, "url"],
    [`bases/${base}/documents`, { title: "x", source_type: "fax" }, "source_type"],
    [`search`, {}, "query"],
    [`search`, { query: "x", limit: 51 }, "limit"],
    [`search`, { query: "x", limit: 0 }, "limit"],
  ];
  for (const [path, body, field] of wrong) {
    const { status, body: answer } = await api.call("POST", `${root}/${path}`, anna, body);
    t.is(status, 400, path);
    t.is(answer.errorType, "invalid_request");
    t.true(String(answer.error).includes(field), `${answer.error} names ${field}`);
  }
  t.is((await api.call("GET", `${root}/bases`, null)).status, 401);
});
