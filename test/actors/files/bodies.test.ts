import { connect, type Socket } from "node:net";
import anyTest, { type TestFn } from "ava";
import { subjects } from "../../../schemas/messages/subjects.ts";
import { getBytes, sha256, textOfSize, upload, uploaded } from "../../_kit/fakes/files.ts";
import { FileVault, memoryOf } from "../../_kit/judge/file-vault.ts";
import { eventually } from "../../_kit/judge/waiting.ts";
import { Api } from "../../_kit/worlds/api.ts";
import { mintToken } from "../../_kit/worlds/token.ts";

const test = anyTest as TestFn<{ api: Api; vault: FileVault }>;
const anna = { user: "user_anna" };
const bob = { user: "user_bob" };
const mebibyte = 1024 * 1024;

test.before(async (t) => {
  const api = await Api.start({ edges: 2 });
  t.context = { api, vault: await FileVault.open(api.system) };
});
test.after.always(async (t) => {
  await t.context.vault?.close();
  await t.context.api?.stop();
});

/** Sends the head of an upload of 10 MiB and the first `bytes` of its body. */
function begin(port: number, bytes: number): Socket {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  const part =
    '--x\r\nContent-Disposition: form-data; name="file"; filename="half.txt"\r\nContent-Type: text/plain\r\n\r\n';
  socket.write(
    [
      "POST /api/v1/files/upload HTTP/1.1",
      "Host: localhost",
      `Authorization: Bearer ${mintToken(anna.user)}`,
      "Content-Type: multipart/form-data; boundary=x",
      `Content-Length: ${10 * mebibyte}`,
      "",
      part,
    ].join("\r\n"),
  );
  socket.write(textOfSize(bytes));
  return socket;
}

test.serial("50 uploads of the same at a time cost the edge little, and are kept once", async (t) => {
  const { api, vault } = t.context;
  const { pid } = api.system.edge(0);
  const bytes = textOfSize(4 * mebibyte);
  const before = memoryOf(pid).now;
  const replies = await Promise.all(
    Array.from({ length: 50 }, (_, i) =>
      upload(api, i % 2 ? anna : bob, { name: `${i}.txt`, type: "text/plain", bytes }),
    ),
  );
  const refused = replies.filter(({ status }) => status !== 201).map(({ text }) => text);
  t.deepEqual(refused, []);
  const grown = memoryOf(pid).peak - before;
  t.log(`50 × 4 MiB at a time: ${Math.round(grown)} MiB more`);
  t.true(grown < 150, `${Math.round(grown)} MiB`);
  t.is(new Set(replies.map(({ body }) => body.id as string)).size, 50);
  const [body] = (await vault.bodies()).filter(({ _id }) => _id === sha256(bytes));
  t.truthy(body);
  t.deepEqual(await vault.objects(), [body?.object]);
  t.is(await vault.pieces(), 16);
  const last = await getBytes(api, bob, replies[48]?.body.url as string);
  t.is(sha256(last.bytes), sha256(bytes));
});

test.serial("a body that is cut off leaves nothing behind", async (t) => {
  const { api, vault } = t.context;
  const [before, objects] = [await vault.pieces(), await vault.objects()];
  const socket = begin(api.system.edge(0).port, 4 * mebibyte);
  await eventually(async () => (await vault.pieces()) > before + 4, 20_000, "half of it is stored");
  socket.destroy();
  await eventually(async () => (await vault.pieces()) === before, 20_000, "all of it is gone");
  t.deepEqual(await vault.objects(), objects);
});

test.serial("what is refused or too large leaves nothing behind", async (t) => {
  const { api, vault } = t.context;
  const [before, objects] = [await vault.pieces(), await vault.objects()];
  const large = await upload(api, anna, {
    name: "a.txt",
    type: "text/plain",
    bytes: textOfSize(21 * mebibyte),
  });
  t.is(large.body.errorType, "file_too_large");
  const wrong = await upload(api, anna, { name: "a.png", type: "image/png", bytes: textOfSize(mebibyte) });
  t.is(wrong.body.errorType, "unsupported_type");
  t.is(await vault.pieces(), before);
  t.deepEqual(await vault.objects(), objects);
});

test.serial("with no actor for files an upload fails and leaves nothing behind", async (t) => {
  const { api, vault } = t.context;
  const before = await vault.pieces();
  await api.system.actor(0).destroy();
  const reply = await upload(api, anna, { name: "a.txt", type: "text/plain", bytes: textOfSize(mebibyte) });
  t.is(reply.status, 503);
  t.is(reply.body.errorType, "service_unavailable");
  t.is(await vault.pieces(), before);
  await api.system.actor(0).start();
});

test.serial("the sweep takes what no file names, and nothing else", async (t) => {
  const { api, vault } = t.context;
  const kept = await uploaded(api, anna, { name: "kept.txt", type: "text/plain", bytes: "shared by two" });
  const deleted = await uploaded(api, bob, { name: "gone.txt", type: "text/plain", bytes: "shared by two" });
  const alone = await uploaded(api, bob, { name: "alone.txt", type: "text/plain", bytes: "of one" });
  const { object } = await vault.file(alone);
  for (const id of [deleted, alone]) await api.call("DELETE", `/api/v1/files/${id}`, bob);
  t.true((await vault.objects()).includes(object), "its bytes stay until the sweep");
  const orphan = await vault.store.putBlob({ name: "body_nobody" }, Buffer.from("nobody's"));
  t.truthy(orphan);
  // An edge that is killed can't clean up.
  const pieces = await vault.pieces();
  const socket = begin(api.system.edge(1).port, 4 * mebibyte);
  await eventually(async () => (await vault.pieces()) > pieces + 4, 20_000, "half of it is stored");
  await api.system.edge(1).destroy();
  socket.destroy();
  const sweeping = { LIMIT_FILE_SWEEP_MS: "500", LIMIT_ORPHAN_MS: "1" };
  await api.system.actor(0).destroy();
  await api.system.actor(0).start(sweeping);
  const used = new Set(
    (await vault.db.collection<{ _id: string; object: string }>("files").find().toArray()).map(
      (file) => file.object,
    ),
  );
  await eventually(
    async () => {
      const objects = await vault.objects();
      return objects.length === used.size && objects.every((name) => used.has(name));
    },
    20_000,
    "only the objects of files are left",
  );
  // 16 pieces of the first test's file, and one each of the others.
  await eventually(
    async () => (await vault.pieces()) === 16 + used.size - 1,
    20_000,
    "nothing of the killed edge",
  );
  t.is((await vault.bodies()).length, used.size);
  const still = await getBytes(api, anna, `/api/v1/files/${kept}/download`);
  t.is(still.bytes.toString(), "shared by two");
});

test.serial("what a deleted user had is gone, and what others have too stays", async (t) => {
  const { api, vault } = t.context;
  const eve = { user: "user_eve" };
  const hers = await uploaded(api, eve, { name: "hers.txt", type: "text/plain", bytes: "only hers" });
  const { object } = await vault.file(hers);
  await uploaded(api, eve, { name: "both.txt", type: "text/plain", bytes: "shared by two" });
  await vault.jsm
    .jetstream()
    .publish(
      subjects.eventUserDeleted("user_eve"),
      JSON.stringify({ id: "e1", user: "user_eve", at: Date.now() }),
    );
  const files = vault.db.collection("files");
  await eventually(
    async () => (await files.countDocuments({ user_id: "user_eve" })) === 0,
    20_000,
    "no file",
  );
  await eventually(async () => !(await vault.objects()).includes(object), 20_000, "no bytes");
  const shared = vault.db.collection<{ _id: string }>("file_bodies");
  t.is(await shared.countDocuments({ _id: sha256(Buffer.from("shared by two")) }), 1);
});
