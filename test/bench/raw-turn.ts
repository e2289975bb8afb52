import uWS, { type WebSocket } from "uWebSockets.js";
import { setImmediate as nextTick } from "node:timers/promises";
import {
  AckPolicy,
  type JsMsg,
  jetstream,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
} from "@nats-io/jetstream";
import { MongoClient } from "mongodb";
import { connect, nanos } from "nats";

// The durable turn made of the raw engines, as fast as we know how, without a line of the product: what Parley's cost
// is held against. `node raw-turn.js <role> <mode>`: an edge and a worker. In mode `durable` a message is accepted by a
// JetStream publish whose fsynced acknowledgement is awaited, answered in 20 chunks that are joined and go out over a
// memory stream with republish, and committed (one document a turn, all waiting ones in one insertMany, majority)
// before its last frame and its ack. In mode `hops` the same messages take the same way over core NATS, and nothing is
// stored. No identity, validation, order, resume, dedupe or retry.

const [role = "", mode = "durable"] = process.argv.slice(2);
const durable = mode === "durable";
const url = new URL(process.env.NATS_URL ?? "");
const nc = await connect({
  servers: url.host,
  user: decodeURIComponent(url.username),
  pass: decodeURIComponent(url.password),
});
const js = jetstream(nc);
const encoder = new TextEncoder();
const decoder = new TextDecoder();
const names = { accepted: "RAWIN", frames: "RAWOUT" };
const inFlight = 2;
const groupSize = 128;

interface Message {
  session_id: string;
  client_msg_id: string;
  content: string;
}

const ready = (port?: number) => process.stdout.write(`${JSON.stringify({ msg: "ready", port })}\n`);

async function streams(): Promise<void> {
  const jsm = await jetstreamManager(nc);
  const file = { retention: RetentionPolicy.Workqueue, storage: StorageType.File };
  await jsm.streams.add({ name: names.accepted, subjects: ["rawin.*"], ...file });
  await jsm.streams.add({
    name: names.frames,
    subjects: ["rawout.*"],
    storage: StorageType.Memory,
    max_age: nanos(120_000),
    max_bytes: 256 * 1024 * 1024,
    republish: { src: "rawout.*", dest: "rawlive.{{wildcard(1)}}" },
  });
  const consumer = { durable_name: "worker", ack_policy: AckPolicy.Explicit, max_ack_pending: 10_000 };
  await jsm.consumers.add(names.accepted, consumer);
}

function edge(): void {
  let socket: WebSocket<unknown> | undefined;
  const app = uWS.App();
  app.ws("/*", {
    compression: uWS.DISABLED,
    maxBackpressure: 16 * 1024 * 1024,
    open: (ws) => {
      socket = ws;
    },
    close: () => {
      socket = undefined;
    },
    message: (_ws, data) => {
      const bytes = new Uint8Array(data.slice(0));
      const { session_id, client_msg_id } = JSON.parse(decoder.decode(bytes)) as Message;
      const accepted = JSON.stringify({ type: "accepted", session_id, client_msg_id });
      if (!durable) {
        nc.publish(`rawhop.${session_id}`, bytes);
        socket?.send(accepted);
      } else void js.publish(`rawin.${session_id}`, bytes).then(() => socket?.send(accepted));
    },
  });
  // Frames of one event-loop turn of the worker come as one message and leave in one write.
  nc.subscribe("rawlive.one", {
    callback: (_err, msg) => {
      const frames = decoder.decode(msg.data).split("\n");
      socket?.cork(() => {
        for (const frame of frames) socket?.send(frame);
      });
    },
  });
  app.listen("127.0.0.1", 0, (listening) => {
    if (listening !== false) ready(uWS.us_socket_local_port(listening));
  });
}

interface Waiting {
  message: Message;
  text: string;
  ack?: JsMsg;
}

let frames: string[] = [];
function out(frame: object): void {
  if (frames.push(JSON.stringify(frame)) > 1) return;
  setImmediate(() => {
    nc.publish(durable ? "rawout.one" : "rawlive.one", encoder.encode(frames.join("\n")));
    frames = [];
  });
}

async function worker(): Promise<void> {
  const mongo = new MongoClient(process.env.MONGODB_URI ?? "", {
    writeConcern: { w: "majority", journal: true },
  });
  const turns = (await mongo.connect()).db("raw").collection("turns");
  await turns.createIndex({ session: 1, seq: 1 }, { unique: true });
  const waiting: Waiting[] = [];
  let writing = 0;
  let count = 0;

  const commit = async () => {
    writing += 1;
    await nextTick();
    while (waiting.length > 0) {
      const group = waiting.splice(0, groupSize);
      if (durable)
        await turns.insertMany(
          group.map((one) => document(one, count++)),
          { ordered: false },
        );
      for (const { message, text, ack } of group) {
        const { session_id, client_msg_id } = message;
        out({
          type: "stream_end",
          role: "assistant",
          session_id,
          client_msg_id,
          text,
          finish_reason: "stop",
        });
        ack?.ack();
      }
    }
    writing -= 1;
  };
  const answer = (data: Uint8Array, ack?: JsMsg) => {
    const message = JSON.parse(decoder.decode(data)) as Message;
    const { session_id, client_msg_id } = message;
    let text = "";
    for (const chunk of chunks(`ena-test: ${message.content}`)) text += chunk;
    out({ type: "stream_start", role: "assistant", session_id, client_msg_id });
    out({ type: "stream_chunk", role: "assistant", session_id, content: text });
    waiting.push({ message, text, ack });
    if (writing < inFlight) void commit();
  };

  if (!durable) {
    nc.subscribe("rawhop.*", { callback: (_err, msg) => answer(msg.data) });
    return void ready();
  }
  await streams();
  const consumer = await js.consumers.get(names.accepted, "worker");
  const messages = await consumer.consume({ max_messages: 2_000, callback: (msg) => answer(msg.data, msg) });
  ready();
  await messages.closed();
}

function* chunks(text: string, count = 20): Iterable<string> {
  for (let index = 0; index < count; index++)
    yield text.slice(
      Math.floor((index * text.length) / count),
      Math.floor(((index + 1) * text.length) / count),
    );
}

function document({ message, text, ack }: Waiting, count: number) {
  const { session_id: session, client_msg_id, content } = message;
  const at = Date.now();
  const common = { msg_type: "chat", created_at: at };
  const user = { id: 1, message_id: `m${count}`, role: "user", content, client_msg_id, ...common };
  const reply = {
    id: 2,
    message_id: `r${count}`,
    role: "assistant",
    content: text,
    finish_reason: "stop",
    ...common,
  };
  return {
    session,
    seq: ack?.seq ?? count,
    run_id: `run_${count}`,
    messages: [user, reply],
    at: new Date(at),
  };
}

await (role === "edge" ? edge() : worker());
