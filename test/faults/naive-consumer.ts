import { setTimeout as delay } from "node:timers/promises";
import { AckPolicy, type JsMsg, jetstream, jetstreamManager } from "@nats-io/jetstream";
import { MongoClient } from "mongodb";
import { createLogger } from "../../infra/log.ts";
import { connectNats } from "../../infra/nats/connect.ts";
import { outStreamConfig, sessionsStreamConfig } from "../../infra/nats/stream-configs.ts";
import { ensureStream } from "../../infra/nats/streams.ts";
import { collections, type Turn, turnKey } from "../../schemas/documents/collections.ts";
import { limitsSchema } from "../../schemas/limits.ts";
import type { OutItem } from "../../schemas/messages/out-item.ts";
import { sessionInputSchema } from "../../schemas/messages/session-input.ts";
import { streams, subjects } from "../../schemas/messages/subjects.ts";
import { contextDigest } from "../_kit/judge/context-digest.ts";

// What many would write: one durable consumer, acknowledged on delivery, and no fence around the transcript. It works
// as long as nothing fails; the checker must see what happens when it does.

const thinkMs = 100;
const log = createLogger("actors", { logLevel: "info" });
const nats = await connectNats({ url: process.env.NATS_URL ?? "", name: "naive", log });
const mongo = await new MongoClient(process.env.MONGODB_URI ?? "").connect();
const turns = mongo.db("parley").collection<Turn>(collections.turns);
const jsm = await jetstreamManager(nats);
const js = jetstream(nats);
await ensureStream(jsm, sessionsStreamConfig(limitsSchema.parse({})));
await ensureStream(jsm, outStreamConfig());
await jsm.consumers.add(streams.sessions, { durable_name: "naive", ack_policy: AckPolicy.Explicit });
const queues = new Map<string, Promise<void>>();

function publish(user: string, frame: OutItem["frame"]): void {
  nats.publish(subjects.outUser(user), JSON.stringify({ items: [{ frame }] }));
}

async function answer(message: JsMsg): Promise<void> {
  const input = sessionInputSchema.parse(message.json());
  const { user, session, client_msg_id, content } = input;
  const now = { session_id: session, client_msg_id, timestamp: Date.now() };
  const own = { role: "user", msg_type: "chat", message_id: input.message_id, content } as const;
  publish(user, { type: "response", ...own, ...now });
  const of = { "_id.user": user, "_id.session": session } as object;
  const before = await turns.find(of).sort({ _id: 1 }).toArray();
  const given = before.flatMap(({ messages }) => messages).concat({ ...own, id: 0, created_at: 0 });
  await delay(thinkMs);
  const text = contextDigest(given);
  const first_id = given.length;
  await turns.insertOne({
    _id: turnKey(user, session, before.length),
    kind: "message",
    in_seq: message.seq,
    run_id: `naive-${message.seq}`,
    attempt: 1,
    client_msg_id,
    first_id,
    messages: [
      { ...own, id: first_id, created_at: input.at },
      {
        id: first_id + 1,
        message_id: input.reply_id,
        role: "assistant",
        msg_type: "chat",
        content: text,
        created_at: input.at,
      },
    ],
    finish_reason: "stop",
    reply: { client_msg_id, message_id: input.reply_id, mode: input.mode },
    at: new Date(),
  });
  const reply = {
    role: "assistant",
    message_id: input.reply_id,
    attempt: 1,
    response_mode: input.mode,
  } as const;
  publish(user, { type: "stream_end", ...reply, ...now, text, finish_reason: "stop" });
}

const consumer = await js.consumers.get(streams.sessions, "naive");
log.info("ready");
for await (const message of await consumer.consume()) {
  message.ack();
  const queue = queues.get(message.subject) ?? Promise.resolve();
  const next = queue.then(() => answer(message)).catch((err: unknown) => log.error({ err }, "turn lost"));
  queues.set(message.subject, next);
}
