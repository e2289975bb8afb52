import { jetstreamManager } from "@nats-io/jetstream";
import test from "ava";
import { createLogger } from "../../infra/log.ts";
import { connectNats } from "../../infra/nats/connect.ts";
import { ensureStream } from "../../infra/nats/streams.ts";
import { startEngines } from "../_kit/worlds/engines.ts";

test("a stream is made once, left alone when equal, and changed where it differs", async (t) => {
  const engines = await startEngines(t);
  const nc = await connectNats({
    url: engines.natsUrl,
    name: "test",
    log: createLogger("test", { logLevel: "silent" }),
  });
  t.teardown(() => nc.close());
  const jsm = await jetstreamManager(nc);
  const wanted = { name: "TRY", subjects: ["try.>"], max_msgs_per_subject: 5, discard: "new" as const };
  const made = await Promise.all(Array.from({ length: 4 }, () => ensureStream(jsm, wanted)));
  for (const info of made) t.is(info.created, made[0]?.created ?? "");
  const changed = await ensureStream(jsm, { ...wanted, max_msgs_per_subject: 7 });
  t.is(changed.config.max_msgs_per_subject, 7);
  t.is(changed.created, made[0]?.created ?? "");
  await t.throwsAsync(ensureStream(jsm, { ...wanted, storage: "memory" }));
});
