import test from "ava";
import { readRecord } from "../../infra/engines/record.ts";
import { createLogger } from "../../infra/log.ts";
import { connectMongo } from "../../infra/mongo/connect.ts";
import { parley, workFolder } from "../_kit/worlds/parley.ts";

test("engines that die start again on the same ports and data", async (t) => {
  const { cwd, dataDir } = workFolder(t);
  const engines = parley(t, cwd, ["engines"]);
  await engines.start();
  const before = readRecord({ dataDir });
  const log = createLogger("test", { logLevel: "silent" });
  const { client, db } = await connectMongo({ uri: before.mongodbUri ?? "", log });
  t.teardown(() => client.close());
  await db.collection("kept").insertOne({ n: 1 });

  for (const { pid } of Object.values(before.engines)) process.kill(pid, "SIGKILL");
  for (const name of Object.keys(before.engines)) {
    const again = ({ fields }: { fields: Record<string, unknown> }) =>
      fields.msg === "engine restarted" && fields.engine === name;
    await engines.logged(again, 30_000, `that ${name} started again`);
  }
  const after = readRecord({ dataDir });
  t.is(after.natsUrl, before.natsUrl);
  for (const [name, { pid, ports }] of Object.entries(before.engines)) {
    t.not(after.engines[name]?.pid, pid);
    t.deepEqual(after.engines[name]?.ports, ports);
  }
  t.is(await db.collection("kept").countDocuments({ n: 1 }), 1);
  engines.kill("SIGTERM");
  t.is(await engines.exit(), 0);
});

test("strangers are refused", async (t) => {
  const { cwd, dataDir } = workFolder(t);
  const engines = parley(t, cwd, ["engines"]);
  await engines.start();
  const { natsUrl = "", mongodbUri = "" } = readRecord({ dataDir });
  const log = createLogger("test", { logLevel: "silent" });
  const { connectNats } = await import("../../infra/nats/connect.ts");
  await t.throwsAsync(connectNats({ url: natsUrl.replace(/parley:[^@]*@/, ""), name: "stranger", log }));
  await t.throwsAsync(connectMongo({ uri: mongodbUri.replace(/parley:[^@]*@/, "parley:guess@"), log }), {
    message: /refuses the user: check user, password and authSource in MONGODB_URI/,
  });
});
