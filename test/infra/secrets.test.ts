import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Kvm } from "@nats-io/kv";
import test, { type ExecutionContext } from "ava";
import { loadSecrets } from "../../infra/installation/secrets.ts";
import { createLogger } from "../../infra/log.ts";
import { connectMongo } from "../../infra/mongo/connect.ts";
import { connectNats } from "../../infra/nats/connect.ts";
import { loadSettings } from "../../infra/settings.ts";
import { startEngines, type TestEngines } from "../_kit/worlds/engines.ts";
import { workFolder } from "../_kit/worlds/parley.ts";

const log = createLogger("test", { logLevel: "silent" });
let engines: TestEngines;
let installations = 0;
test.before(async () => {
  engines = await startEngines();
});
test.after.always(() => engines.stop());

/** An empty database, and the settings of a process with external engines. */
async function installation(t: ExecutionContext) {
  const nc = await connectNats({ url: engines.natsUrl, name: "test", log });
  const { client } = await connectMongo({ uri: engines.mongodbUri, log });
  t.teardown(() => Promise.all([nc.close(), client.close()]));
  const settings = loadSettings({ NATS_URL: engines.natsUrl, DATA_DIR: "unused" }, "none");
  return { settings, stores: { nc, db: client.db(`secrets_${installations++}`) } };
}

test.serial("processes that start at once agree, and one of them made each secret", async (t) => {
  const { settings, stores } = await installation(t);
  const many = await Promise.all(Array.from({ length: 5 }, () => loadSecrets(settings, stores)));
  for (const secrets of many) t.is(secrets.jwtSecret, many[0]?.jwtSecret ?? "");
  t.is(many[0]?.encryptionKey.length, 32);
  t.true(Buffer.byteLength(many[0]?.jwtSecret ?? "") >= 32);
  t.deepEqual(many.flatMap((secrets) => secrets.generated).toSorted(), [
    "adminPassword",
    "encryptionKey",
    "jwtSecret",
  ]);
  t.deepEqual((await loadSecrets(settings, stores)).generated, []);
});

test.serial("the environment comes first, and what it gives is not kept", async (t) => {
  const { settings, stores } = await installation(t);
  const secrets = await loadSecrets({ ...settings, adminPassword: "from outside" }, stores);
  t.is(secrets.adminPassword, "from outside");
  t.deepEqual(secrets.generated, ["jwtSecret", "encryptionKey"]);
  const kept = await stores.db.collection("secrets").find().toArray();
  t.notRegex(JSON.stringify(kept), /adminPassword|outside/);
});

test.serial("secrets of an earlier version are taken from its file", async (t) => {
  const { stores } = await installation(t);
  const { dataDir } = workFolder(t);
  mkdirSync(dataDir);
  const former = { jwtSecret: "j".repeat(40), encryptionKey: "ab".repeat(32), adminPassword: "once" };
  writeFileSync(join(dataDir, "secrets.json"), JSON.stringify(former));
  const secrets = await loadSecrets(loadSettings({ DATA_DIR: dataDir }, "none"), stores);
  t.like(secrets, { jwtSecret: former.jwtSecret, adminPassword: "once" });
  t.deepEqual(secrets.generated, []);
});

test.serial("secrets of an earlier version are taken from its bucket, and outlive it", async (t) => {
  const { settings, stores } = await installation(t);
  const bucket = await new Kvm(stores.nc).create("parley_secrets");
  await bucket.put("jwtSecret", "j".repeat(40));
  const first = await loadSecrets(settings, stores);
  t.is(first.jwtSecret, "j".repeat(40));
  t.deepEqual(first.generated, ["encryptionKey", "adminPassword"]);
  await bucket.destroy();
  t.deepEqual(await loadSecrets(settings, stores), { ...first, generated: [] });
});
