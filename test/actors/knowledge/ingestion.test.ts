import anyTest, { type TestFn } from "ava";
import { startWeb } from "../../_kit/fakes/web-page.ts";
import { Api } from "../../_kit/worlds/api.ts";
import { addDocument, found, ingested, newBase } from "../../_kit/worlds/knowledge.ts";
import { rolesCommand } from "../../_kit/worlds/roles.ts";

const test = anyTest as TestFn<{ api: Api }>;
const admin = { user: "admin" };
const root = "/api/v1/knowledge";

test.before(async (t) => {
  const env = { ALLOW_PRIVATE_URLS: "true" };
  t.context = { api: await Api.start({ actorCommand: rolesCommand("knowledge"), env }) };
});
test.after.always((t) => t.context.api?.stop());

test.serial("a page is fetched, read and found; its progress is shown to the user's devices", async (t) => {
  const { api } = t.context;
  const web = await startWeb(t, (path, response) => {
    if (path === "/moved") response.writeHead(301, { location: "/page" }).end();
    else if (path === "/missing") response.writeHead(404).end("no");
    else if (path === "/image") response.writeHead(200, { "content-type": "image/png" }).end("x");
    else
      response
        .writeHead(200, { "content-type": "text/html; charset=utf-8" })
        .end("<h1>Greenhouse</h1><p>Tomatoes want to be watered at dawn.</p>");
  });
  const client = await api.system.client("watcher");
  const base = await newBase(api, admin);
  const url = `${web.origin}/moved`;
  const document = await addDocument(api, admin, base, { title: "Garden", source_type: "url", url });
  t.like(document, { status: "ready", source_type: "url", source_ref: url, chunk_count: 1 });
  t.is(document.raw_content, "# Greenhouse\n\nTomatoes want to be watered at dawn.");
  t.like((await found(api, admin, "watering tomatoes"))[0], {
    heading: "Greenhouse",
    document_title: "Garden",
  });
  const states = () =>
    client.frames.flatMap(({ frame }) =>
      frame.type === "knowledge_progress" && frame.knowledge_progress.document_id === document.id
        ? [frame.knowledge_progress.status]
        : [],
    );
  await client.until(() => states().includes("ready"), "the end is shown");
  t.is(states()[0], "running");
  const broken = { missing: /404/, image: /不支持/ };
  for (const [path, reason] of Object.entries(broken)) {
    const body = { title: path, source_type: "url", url: `${web.origin}/${path}` };
    const failed = await addDocument(api, admin, base, body);
    t.is(failed.status, "failed");
    t.regex(String(failed.error), reason);
    const told = ({ frame }: (typeof client.frames)[0]) =>
      frame.type === "knowledge_progress" &&
      frame.knowledge_progress.document_id === failed.id &&
      frame.knowledge_progress.status === "failed" &&
      frame.knowledge_progress.message === failed.error;
    await client.until(() => client.frames.some(told), "the failure is shown");
  }
});

test.serial("a document whose process dies is read by the next one", async (t) => {
  const { api } = t.context;
  const actor = api.system.actor(0);
  let release = () => {};
  const arrived = new Promise<void>((resolve) => {
    release = resolve;
  });
  let calls = 0;
  const web = await startWeb(t, (_path, response) => {
    calls += 1;
    if (calls > 1)
      response.writeHead(200, { "content-type": "text/plain" }).end("The lighthouse was built in 1912.");
    release();
  });
  const base = await newBase(api, admin);
  const body = { title: "Lighthouse", source_type: "url", url: web.origin };
  const added = await api.call("POST", `${root}/bases/${base}/documents`, admin, body);
  t.is(added.body.status, "pending");
  await arrived;
  actor.kill("SIGKILL");
  await actor.exit();
  await actor.start();
  const document = await ingested(api, admin, String(added.body.id), 60_000);
  t.is(document.status, "ready");
  t.is((await found(api, admin, "lighthouse")).length, 1);
});

test.serial("deleting a base while its documents are read leaves nothing of it", async (t) => {
  const { api } = t.context;
  const base = await newBase(api, admin);
  const content = Array.from({ length: 400 }, (_, i) => `## Part ${i}\nThe word quixotic, number ${i}.`).join(
    "\n",
  );
  const added = await api.call("POST", `${root}/bases/${base}/documents`, admin, { title: "Long", content });
  t.is(added.body.chunk_count, 400);
  t.is((await api.call("DELETE", `${root}/bases/${base}`, admin)).status, 200);
  const other = await newBase(api, admin);
  await addDocument(api, admin, other, { title: "After", content: "Something else." });
  t.deepEqual(await found(api, admin, "quixotic"), []);
  t.is((await api.call("GET", `${root}/documents/${added.body.id}`, admin)).status, 404);
});
