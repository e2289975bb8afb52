import { jetstreamManager } from "@nats-io/jetstream";
import test, { type ExecutionContext } from "ava";
import { checkStreamVersions, migrate } from "../../infra/installation/data-version.ts";
import type { Migration } from "../../infra/installation/migrations.ts";
import { createLogger } from "../../infra/log.ts";
import { connectMongo } from "../../infra/mongo/connect.ts";
import { connectNats } from "../../infra/nats/connect.ts";
import { loadSettings } from "../../infra/settings.ts";
import { SettingsError } from "../../infra/settings-error.ts";
import { startEngines, type TestEngines } from "../_kit/worlds/engines.ts";

const log = createLogger("test", { logLevel: "silent" });
const rules = { allowDowngrade: false, log };
const settings = loadSettings({}, "none");
let engines: TestEngines;
let installations = 0;
test.before(async () => {
  engines = await startEngines();
});
test.after.always(() => engines.stop());

async function installation(t: ExecutionContext) {
  const nc = await connectNats({ url: engines.natsUrl, name: "test", log });
  const { client } = await connectMongo({ uri: engines.mongodbUri, log });
  t.teardown(() => Promise.all([nc.close(), client.close()]));
  return { nc, settings, db: client.db(`versions_${installations++}`) };
}

function step(number: number, run: () => Promise<void> = async () => undefined): Migration {
  return { number, title: `step ${number}`, run };
}

test("steps run once, in order, by one of many processes", async (t) => {
  const context = await installation(t);
  const ran: number[] = [];
  const steps = [1, 2, 3].map((number) =>
    step(number, async () => {
      await context.db.command({ ping: 1 });
      ran.push(number);
    }),
  );
  await Promise.all(Array.from({ length: 6 }, () => migrate(context, rules, steps)));
  t.deepEqual(ran, [1, 2, 3]);
  await migrate(context, rules, [...steps, step(4, async () => void ran.push(4))]);
  t.deepEqual(ran, [1, 2, 3, 4]);
});

test("a step that fails is run again by the next start, those before it are not", async (t) => {
  const context = await installation(t);
  let firsts = 0;
  let fails = true;
  const steps = [
    step(1, async () => void firsts++),
    step(2, async () => {
      if (fails) throw new Error("no space");
    }),
  ];
  await t.throwsAsync(migrate(context, rules, steps), { message: "no space" });
  fails = false;
  await migrate(context, rules, steps);
  t.is(firsts, 1);
});

test("an older program refuses newer data, unless it is allowed", async (t) => {
  const context = await installation(t);
  await migrate(context, rules, [step(1), step(2)]);
  const error = await t.throwsAsync(migrate(context, rules, [step(1)]), { instanceOf: SettingsError });
  t.regex(error.message, /data has version 2.*knows version 1.*ALLOW_DOWNGRADE=true/);
  await migrate(context, { ...rules, allowDowngrade: true }, [step(1)]);
});

test("an older program refuses streams that a newer one has stamped", async (t) => {
  const { nc } = await installation(t);
  const jsm = await jetstreamManager(nc);
  await jsm.streams.add({ name: "NEWER", metadata: { parley_data_version: "99" } });
  t.teardown(() => jsm.streams.delete("NEWER"));
  await t.throwsAsync(checkStreamVersions(jsm, rules), { instanceOf: SettingsError, message: /version 99/ });
  await checkStreamVersions(jsm, { ...rules, allowDowngrade: true });
});
