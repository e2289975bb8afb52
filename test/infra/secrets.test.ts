import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { createLogger } from "../../infra/log.ts";
import { connectNats } from "../../infra/nats/connect.ts";
import { loadSecrets } from "../../infra/secrets.ts";
import { loadSettings } from "../../infra/settings.ts";
import { startEngines } from "../_kit/worlds/engines.ts";
import { workFolder } from "../_kit/worlds/parley.ts";

test("made once in DATA_DIR, readable by the owner alone", async (t) => {
  const { dataDir } = workFolder(t);
  const settings = loadSettings({ DATA_DIR: dataDir }, "none");
  const first = await loadSecrets(settings);
  t.deepEqual(first.generated, ["jwtSecret", "encryptionKey", "adminPassword"]);
  t.is(first.encryptionKey.length, 32);
  t.true(Buffer.byteLength(first.jwtSecret) >= 32);
  t.is(statSync(join(dataDir, "secrets.json")).mode & 0o777, 0o600);
  t.deepEqual(await loadSecrets(settings), { ...first, generated: [] });
});

test("the environment comes first, and what it gives is not kept", async (t) => {
  const { dataDir } = workFolder(t);
  const secrets = await loadSecrets(
    loadSettings({ DATA_DIR: dataDir, ADMIN_PASSWORD: "from outside" }, "none"),
  );
  t.is(secrets.adminPassword, "from outside");
  t.deepEqual(secrets.generated, ["jwtSecret", "encryptionKey"]);
  t.notRegex(readFileSync(join(dataDir, "secrets.json"), "utf8"), /adminPassword|outside/);
});

test("processes that share an external NATS agree", async (t) => {
  const engines = await startEngines(t);
  const log = createLogger("test", { logLevel: "silent" });
  const nc = await connectNats({ url: engines.natsUrl, name: "test", log });
  t.teardown(() => nc.close());
  const settings = loadSettings({ NATS_URL: engines.natsUrl, DATA_DIR: "unused" }, "none");
  const many = await Promise.all(Array.from({ length: 5 }, () => loadSecrets(settings, nc)));
  for (const secrets of many) t.is(secrets.jwtSecret, many[0]?.jwtSecret ?? "");
  t.deepEqual(many.flatMap((secrets) => secrets.generated).toSorted(), [
    "adminPassword",
    "encryptionKey",
    "jwtSecret",
  ]);
});
