import anyTest, { type TestFn } from "ava";
import { Ingestion, type IngestionContext } from "../../../actors/knowledge/ingestion.ts";
import { KnowledgeStore, type NewChunk } from "../../../actors/knowledge/knowledge-store.ts";
import { WorkStore } from "../../../actors/knowledge/work-store.ts";
import type { SourceDocument } from "../../../schemas/documents/knowledge.ts";
import { actorContext } from "../../_kit/worlds/actor.ts";
import { startEngines, type TestEngines } from "../../_kit/worlds/engines.ts";

const test = anyTest as TestFn<TestEngines>;
const user = "anna";

test.before(async (t) => {
  t.context = await startEngines();
});
test.after.always((t) => t.context?.stop());

async function stored(store: KnowledgeStore, id: string): Promise<SourceDocument> {
  const at = new Date();
  const times = { created_at: at, updated_at: at };
  const kb_id = `base-${id}`;
  await store.addBase({ _id: kb_id, user_id: user, name: "b", description: "", revision: 0, ...times });
  const document: SourceDocument = {
    ...{ _id: id, kb_id, user_id: user, title: id, source_type: "text", source_ref: "", ...times },
    ...{ content_type: "text/plain", raw_content: "x", chunk_count: 1, chunk_set: null },
    ...{ embedding_model: null, status: "pending" },
  };
  await store.addDocument(document);
  return document;
}

function chunk({ _id, kb_id }: SourceDocument, set: string, index: number): NewChunk {
  return {
    ...{ _id: `${_id}.${set}.${index}`, user_id: user, kb_id, document_id: _id, set, index },
    ...{ content: set, heading: "", start: 0, end: 1, terms: set, vector: null },
  };
}

// One after the other: they count the chunks of the same user.
test.serial("of two processes that do the same work one wins, and what it wrote stays whole", async (t) => {
  const { db } = await actorContext(t, t.context);
  const store = new KnowledgeStore(db);
  await store.createIndexes();
  const document = await stored(store, "twice");
  await store.addChunks([chunk(document, "late", 0)]);
  await store.addChunks([chunk(document, "first", 0), chunk(document, "first", 1)]);
  t.true(await store.switchChunks(document, "first", { status: "ready" }));
  await store.addChunks([chunk(document, "late", 1)]);
  t.false(await store.switchChunks(document, "late", { status: "ready" }));
  const now = await store.document(user, "twice");
  t.like(now, { chunk_set: "first", status: "ready" });
  const chunks = now === null ? [] : await store.chunks(now);
  t.deepEqual(
    chunks.map(({ content }) => content),
    ["first", "first"],
  );
  t.is(await store.countChunks(user), 2, "nothing is left of the other");
});

test.serial("what is deleted while it is worked on leaves nothing behind", async (t) => {
  const { db } = await actorContext(t, t.context);
  const store = new KnowledgeStore(db);
  const before = await store.countChunks(user);
  const document = await stored(store, "deleted");
  await store.addChunks([chunk(document, "new", 0)]);
  t.true(await store.deleteDocument(user, "deleted"));
  await store.addChunks([chunk(document, "new", 1)]);
  t.false(await store.switchChunks(document, "new", { status: "ready" }));
  t.is(await store.countChunks(user), before);
  t.false(await store.deleteDocument(user, "deleted"));
  t.true(await store.deleteBase(user, document.kb_id));
  t.false(await store.addDocument(document), "its base is gone");
  t.is(await store.document(user, "deleted"), null);
});

test.serial("a set whose process died before it told about it is told by the next one", async (t) => {
  const { db } = await actorContext(t, t.context);
  const store = new KnowledgeStore(db);
  const work = new WorkStore(db);
  const document = await stored(store, "untold");
  await store.updateDocument(user, "untold", { work: "ingest" });
  const first = await work.claim(user, "ingest", "first");
  t.is(first?._id, "untold");
  await store.addChunks([chunk(document, "set", 0)]);
  t.true(await store.switchChunks(document, "set", { status: "ready", work: "announce" }));
  await store.updateDocument(user, "untold", { lease: { id: "first", until: new Date(0) } });
  const claimed = await work.claim(user, "announce", "second");
  if (claimed === null) return t.fail("nothing to claim");
  const before = await store.base(user, document.kb_id);
  const told: string[] = [];
  const context = {
    store,
    changed: (one: string) => told.push(one),
    out: { frame() {} },
  } as unknown as IngestionContext;
  await new Ingestion(context).run({ document: claimed, last: false, signal: new AbortController().signal });
  await work.finish(claimed);
  const after = await store.base(user, document.kb_id);
  t.is(after?.revision, (before?.revision ?? 0) + 1, "indexes look again");
  t.deepEqual(told, [user]);
  t.is((await store.document(user, "untold"))?.work, null);
});
