import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { type Document, MongoClient } from "mongodb";
import { checkoutDir } from "../../infra/checkout.ts";
import { adminUserId } from "../../schemas/principal.ts";
import { getBytes, textOfSize, uploaded } from "../_kit/fakes/files.ts";
import { Api } from "../_kit/worlds/api.ts";
import { startEngines } from "../_kit/worlds/engines.ts";
import { startSystem } from "../_kit/worlds/system.ts";

const admin = { user: adminUserId };
/** Written again by each start, or by the passing of time. */
const passing = new Set(["leases", "clients", "schedule_streams", "device_places", "attempts"]);

function parley(words: string[], env: Record<string, string>): Promise<{ code: number; text: string }> {
  const own = { PATH: process.env.PATH ?? "", HOME: tmpdir() };
  const options = { cwd: tmpdir(), env: { ...own, ...env }, timeout: 60_000 };
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [join(checkoutDir, "bin", "parley.js"), ...words],
      options,
      (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : Number(error.code ?? -1), text: stdout + stderr }),
    );
  });
}

async function everything(uri: string): Promise<Record<string, Document[]>> {
  const client = await MongoClient.connect(uri);
  try {
    const db = client.db("parley");
    const names = (await db.listCollections().toArray()).map(({ name }) => name);
    const kept = names.filter((name) => !passing.has(name) && !name.startsWith("system.")).toSorted();
    const all = await Promise.all(kept.map((name) => db.collection(name).find().sort({ _id: 1 }).toArray()));
    return Object.fromEntries(kept.flatMap((name, at) => (all[at]?.length ? [[name, all[at]]] : [])));
  } finally {
    await client.close();
  }
}

async function typeOf(uri: string, name: string): Promise<string | undefined> {
  const client = await MongoClient.connect(uri);
  try {
    return (await client.db("parley").listCollections({ name }).toArray())[0]?.type;
  } finally {
    await client.close();
  }
}

test("a backup of a running system brings everything to new engines, unfinished messages too", async (t) => {
  t.timeout(300_000);
  const folder = mkdtempSync(join(tmpdir(), "parley-backup-"));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "all.gz");
  const first = await Api.start();
  t.teardown(() => first.stop());
  const { natsUrl, mongodbUri } = first.system.engines;

  const client = await first.system.client("c");
  for (const n of [1, 2, 3]) await client.send(`message ${n}`, { session: "talk", id: `m${n}` });
  await client.until(() => client.view.finished.size === 3, "three replies");
  const bytes = textOfSize(300_000);
  const id = await uploaded(first, admin, { name: "big.txt", type: "text/plain", bytes });
  const update = { state: { brightness: 42 } };
  t.is((await first.call("POST", "/api/v1/devices/lamp/update", admin, update)).status, 200);
  const wish = { title: "later", remind_at: "2099-01-01T15:00:00Z" };
  t.is((await first.call("POST", "/api/v1/reminders", admin, wish)).status, 201);
  // Nobody answers it before the backup is complete.
  for (const actor of first.system.actors) await actor.destroy();
  client.post("message 4", { session: "talk", id: "m4" });
  await client.until(() => client.sends.at(-1)?.client_msg_id === "m4", "the last message sent");

  const made = await parley(["backup", file], { NATS_URL: natsUrl, MONGODB_URI: mongodbUri });
  t.is(made.code, 0, made.text);
  t.is(statSync(file).mode & 0o777, 0o600);
  const before = await everything(mongodbUri);
  await first.stop();

  const engines = await startEngines();
  const env = { NATS_URL: engines.natsUrl, MONGODB_URI: engines.mongodbUri };
  const cut = join(folder, "cut.gz");
  writeFileSync(cut, readFileSync(file).subarray(0, 500));
  const refused = await parley(["restore", cut], env);
  t.is(refused.code, 78, refused.text);
  t.regex(refused.text, /no backup of Parley|incomplete/);
  t.deepEqual(await everything(engines.mongodbUri), {}, "nothing was written");
  const restored = await parley(["restore", file], env);
  t.is(restored.code, 0, restored.text);
  t.deepEqual(await everything(engines.mongodbUri), before);
  t.true((before.device_history?.length ?? 0) > 0, "the device's history is in it");
  t.is(await typeOf(engines.mongodbUri, "device_history"), "timeseries");
  const twice = await parley(["restore", file], env);
  t.is(twice.code, 78);
  t.regex(twice.text, /not empty/);

  const second = new Api(await startSystem({ edges: 1, actors: 1, engines }));
  t.teardown(() => second.stop());
  const reader = await second.system.client("r");
  await reader.frame(
    (frame) => frame.type === "stream_end" && frame.text.includes("message 4"),
    "the answer to what waited",
  );
  const history = await second.call("GET", "/api/v1/sessions/talk/messages?limit=50", admin);
  const messages = history.body.messages as { role: string; content: string }[];
  const asked = messages.filter(({ role }) => role === "user").map(({ content }) => content);
  t.deepEqual(
    asked,
    [1, 2, 3, 4].map((n) => `message ${n}`),
  );
  const download = await getBytes(second, admin, `/api/v1/files/${id}/download`);
  t.true(download.bytes.equals(Buffer.from(bytes)));
  const devices = await second.call("GET", "/api/v1/devices", admin);
  t.like(devices.body.devices[0], { device_id: "lamp", state: { brightness: 42 } });
  const again = { state: { brightness: 43 } };
  t.is((await second.call("POST", "/api/v1/devices/lamp/update", admin, again)).status, 200);
  const reminders = await second.call("GET", "/api/v1/reminders", admin);
  t.is(reminders.body.reminders[0].title, "later");
});
