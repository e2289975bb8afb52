import test from "ava";
import { type Db, MongoBulkWriteError, MongoClient, MongoNetworkError } from "mongodb";
import { KnownClients } from "../../../actors/admin/known-clients.ts";
import { DeviceStore } from "../../../actors/devices/device-store.ts";
import { QuotaTally } from "../../../actors/quota/quota-tally.ts";
import { TurnCommitter } from "../../../actors/session/transcript/turn-committer.ts";
import { TurnStore } from "../../../actors/session/transcript/turn-store.ts";
import { UsageLedger } from "../../../actors/stateless/usage-ledger.ts";
import { writeBatch } from "../../../actors/storage/batch-write.ts";
import { MessageIndex } from "../../../actors/storage/message-index.ts";
import { isStorageAway } from "../../../actors/storage/storage-error.ts";
import { createLogger } from "../../../infra/log.ts";
import type { DeviceDocument } from "../../../schemas/documents/device.ts";
import { startEngines } from "../../_kit/worlds/engines.ts";

const log = createLogger("test", { logLevel: "silent" });
const good = 20;
/** What MongoDB takes from nobody: nested too deep, a key with NUL, larger than a document. */
const unstorable: Record<string, unknown> = {
  deep: JSON.parse(`${"[".repeat(250)}${"]".repeat(250)}`),
  nul: { "a\u0000b": 1 },
  large: "x".repeat(17 * 1024 * 1024),
};

type Writer = (db: Db, values: readonly unknown[]) => Promise<unknown>;

/** Each batched writer, writing one item for each value. Fields are typed as text where a hostile value stands in them. */
const writers: Record<string, { collection: string; write: Writer }> = {
  devices: {
    collection: "devices",
    write: (db, values) => {
      const devices = values.map((value, index): DeviceDocument => {
        const _id = { user: "u", device: `d${index}` };
        const heard = { online: true, last_seen: new Date(), seq: 1 };
        return { _id, name: "", type: "", state: { value }, ...heard };
      });
      return new DeviceStore(db).write(log, devices);
    },
  },
  turns: {
    collection: "turns",
    write: (db, values) => {
      const store = new TurnStore(db);
      const committer = new TurnCommitter((turns) => store.insertAll(turns), 128, log);
      const turns = values.map((value, n) => ({ _id: { user: "u", session: "s", n }, messages: value }));
      return Promise.allSettled(turns.map((turn) => committer.commit(turn as never)));
    },
  },
  "message index": {
    collection: "message_index",
    write: (db, values) => {
      const rows = values.map((value, n) => ({ _id: { user: "u", session: "s", n }, text: value }));
      return new MessageIndex(db, log).add(rows as never);
    },
  },
  clients: {
    collection: "clients",
    write: (db, values) => {
      const seen = values.map((value, n) => ({ user: "u", client: `c${n}`, device_name: value }));
      return new KnownClients(db, undefined as never, log).seen(seen as never, new Date());
    },
  },
  quota: {
    collection: "quotas",
    write: async (db, values) => {
      const tally = new QuotaTally(db.collection("quotas"), log);
      for (const [n, value] of values.entries())
        tally.add((typeof value === "number" ? `u${n}` : value) as string, { messages: 1, tokens: 1 });
      await tally.stop();
    },
  },
  usage: {
    collection: "usage",
    write: async (db, values) => {
      const ledger = new UsageLedger(db, log);
      for (const [n, value] of values.entries())
        ledger.add(`u${n}`, value as string, { prompt_tokens: 1, completion_tokens: 1 });
      await ledger.stop();
    },
  },
};

test("one item that can't be stored costs no other item its write", async (t) => {
  const engines = await startEngines(t);
  const client = await MongoClient.connect(engines.mongodbUri);
  t.teardown(() => client.close());
  for (const [name, { collection, write }] of Object.entries(writers)) {
    for (const [kind, bad] of Object.entries(unstorable)) {
      const db = client.db(`${name.replace(" ", "_")}_${kind}`);
      const values = Array.from({ length: good + 1 }, (_, index): unknown => index);
      values[7] = bad;
      await write(db, values);
      t.is(await db.collection(collection).countDocuments(), good, `${name}, ${kind}`);
    }
  }
});

test("the item at fault is answered with its reason", async (t) => {
  const written: number[] = [];
  const refused = await writeBatch(log, "numbers", [1, 2, 3, 4, 5], async (some) => {
    if (some.includes(3)) throw new RangeError("three is refused");
    written.push(...some);
  });
  t.deepEqual(refused, [{ item: 3, reason: "three is refused" }]);
  t.deepEqual(written.sort(), [1, 2, 4, 5]);
});

test("a bulk write that lists no failed item is an outage or a refusal, never a success", async (t) => {
  const wrapped = (cause: object) => new MongoBulkWriteError(cause as never, {} as never);
  t.true(isStorageAway(wrapped(new MongoNetworkError("closed"))));
  t.true(isStorageAway(wrapped({ message: "not primary", code: 10_107 })));
  t.true(isStorageAway(wrapped({ message: "write concern failed", code: 64 })));
  t.false(isStorageAway(wrapped({ message: "nested too deep", code: 15 })));
  let attempts = 0;
  const refused = await writeBatch(log, "numbers", [1], async () => {
    attempts += 1;
    if (attempts < 3) throw wrapped(new MongoNetworkError("closed"));
  });
  t.deepEqual([refused, attempts], [[], 3]);
});
