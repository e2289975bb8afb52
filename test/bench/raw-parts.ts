import { jetstream, jetstreamManager, RetentionPolicy, StorageType } from "@nats-io/jetstream";
import { MongoClient } from "mongodb";
import { connect } from "nats";

// What the two writes of a raw turn (raw-turn.ts) can do a second, each alone and with the same engines: fsynced
// publishes with 100 outstanding, and turn documents in insertMany of 100, two under way as in the group commit.

const stream = "RAWALONE";
const windowMs = 1_500;
const url = new URL(process.env.NATS_URL ?? "");
const nc = await connect({
  servers: url.host,
  user: decodeURIComponent(url.username),
  pass: decodeURIComponent(url.password),
});
const mongo = new MongoClient(process.env.MONGODB_URI ?? "", {
  writeConcern: { w: "majority", journal: true },
});

async function perSecond(lanes: number, once: (index: number) => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  let count = 0;
  const lane = async () => {
    while (performance.now() - begun < windowMs) await once(count++);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return count / ((performance.now() - begun) / 1_000);
}

async function publishes(): Promise<number> {
  const js = jetstream(nc);
  const jsm = await jetstreamManager(nc);
  await jsm.streams.add({
    name: stream,
    subjects: ["rawalone.*"],
    retention: RetentionPolicy.Workqueue,
    storage: StorageType.File,
  });
  const body = JSON.stringify({ session_id: "s", client_msg_id: "s-1", content: "x".repeat(60) });
  const publish = (index: number) => js.publish(`rawalone.${index % 500}`, body);
  await perSecond(100, publish);
  const rate = await perSecond(100, publish);
  await jsm.streams.delete(stream);
  return rate;
}

async function inserts(): Promise<number> {
  const turns = (await mongo.connect()).db("raw").collection("alone");
  await turns.createIndex({ session: 1, seq: 1 }, { unique: true });
  const common = { msg_type: "chat", created_at: Date.now(), content: "x".repeat(60) };
  const user = { id: 1, message_id: "m-1", role: "user", client_msg_id: "s-1", ...common };
  const reply = { id: 2, message_id: "r-1", role: "assistant", finish_reason: "stop", ...common };
  let seq = 0;
  const document = () => ({
    ...{ session: "s", seq: seq++, run_id: "run_1" },
    ...{ messages: [user, reply], at: new Date() },
  });
  const insert = () => turns.insertMany(Array.from({ length: 100 }, document), { ordered: false });
  await perSecond(2, insert);
  const rate = 100 * (await perSecond(2, insert));
  await turns.drop();
  return rate;
}

process.stdout.write(`${JSON.stringify({ publishes: await publishes(), inserts: await inserts() })}\n`);
await Promise.all([mongo.close(), nc.close()]);
