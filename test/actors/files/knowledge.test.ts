import anyTest, { type TestFn } from "ava";
import { type TestFile, tinyPng, uploaded } from "../../_kit/fakes/files.ts";
import { sampleDocx, samplePdf } from "../../_kit/fakes/sample-documents.ts";
import { Api } from "../../_kit/worlds/api.ts";
import { addDocument, found, newBase } from "../../_kit/worlds/knowledge.ts";

const test = anyTest as TestFn<{ api: Api }>;
const anna = { user: "user_anna" };
const docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";

test.before(async (t) => {
  t.context = { api: await Api.start() };
});
test.after.always((t) => t.context.api?.stop());

test.serial("an uploaded file of each kind becomes knowledge that is found", async (t) => {
  const { api } = t.context;
  const base = await newBase(api, anna);
  const files: [TestFile, string][] = [
    [{ name: "a.txt", type: "text/plain", bytes: "The walrus sleeps on ice." }, "walrus"],
    [{ name: "a.md", type: "text/markdown", bytes: "# Birds\n\nThe heron stands still." }, "heron"],
    [{ name: "a.pdf", type: "application/pdf", bytes: samplePdf("The badger digs a burrow") }, "badger"],
    [{ name: "a.docx", type: docx, bytes: sampleDocx("Fish", "The salmon swims upstream.") }, "salmon"],
    [{ name: "a.csv", type: "text/csv", bytes: "animal,food\notter,crayfish\n" }, "crayfish"],
    [{ name: "a.json", type: "application/json", bytes: '{"animal":"lynx","prey":"hare"}' }, "lynx"],
    [{ name: "中文.txt", type: "text/plain", bytes: "熊猫喜欢吃竹子。" }, "竹子"],
  ];
  for (const [file, word] of files) {
    const file_id = await uploaded(api, anna, file);
    const body = { title: file.name, source_type: "file", file_id };
    const document = await addDocument(api, anna, base, body);
    t.like(document, { status: "ready", source_ref: file_id, content_type: file.type }, file.name);
    const [first] = await found(api, anna, word, { kb_ids: [base] });
    t.is(first?.document_id, document.id, word);
  }
});

test.serial("another's file, an unknown one and a picture make no document", async (t) => {
  const { api } = t.context;
  const base = await newBase(api, anna);
  const path = `/api/v1/knowledge/bases/${base}/documents`;
  const his = await uploaded(api, { user: "user_bob" }, { name: "b.txt", type: "text/plain", bytes: "his" });
  for (const file_id of [his, "unknown"]) {
    const { status } = await api.call("POST", path, anna, { title: "x", source_type: "file", file_id });
    t.is(status, 404);
  }
  const file_id = await uploaded(api, anna, { name: "a.png", type: "image/png", bytes: tinyPng });
  const { status, body } = await api.call("POST", path, anna, { title: "x", source_type: "file", file_id });
  t.is(status, 400);
  t.is(body.errorType, "unsupported_type");
});
