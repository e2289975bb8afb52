import {
  DeliverPolicy,
  type JetStreamClient,
  type JetStreamManager,
  type JsMsg,
  jetstream,
  type StreamInfo,
} from "@nats-io/jetstream";
import { headers, type NatsConnection } from "nats";
import { streamPolicy } from "../nats/stream-policy.ts";
import { versionKey } from "../nats/streams.ts";
import type { BackupRecord, StreamRecord } from "./format.ts";

/** How a stream's content is backed up. */
export type Content =
  /** All messages. */
  | "all"
  /** Messages that a durable consumer has yet to process; processed ones must not be delivered again. */
  | "pending"
  /**
   * Only its configuration, so that its sequences continue: the content is rebuilt from MongoDB, or has
   * expired.
   */
  | "place"
  | "none";

const contents: Record<string, Content> = {
  SESSIONS: "all",
  RUNS: "all",
  BRIDGE: "all",
  REJECTED: "all",
  EVENTS: "pending",
  DEVICES: "place",
  OBJ_files: "all",
  OBJ_bulk: "all",
  // Recent frames, sent commands, discovery that devices repeat, schedules that are restored from MongoDB.
  OUT: "none",
  COMMANDS: "none",
  DISCOVERY: "none",
  SCHEDULES: "none",
  OBJ_speech: "none",
};

/** How a stream is backed up; undefined for an unknown one. */
export function contentOf(stream: string): Content | undefined {
  return stream.startsWith("KV_") ? "all" : contents[stream];
}

/** The records of a stream: its configuration and its kept messages. */
export async function* readStream(
  nc: NatsConnection,
  jsm: JetStreamManager,
  info: StreamInfo,
): AsyncGenerator<BackupRecord> {
  const { config, state } = info;
  const content = contentOf(config.name) ?? "all";
  if (content === "none") return;
  yield { kind: "stream", config, last_seq: state.last_seq };
  if (content === "place" || state.messages === 0) return;
  const from = content === "pending" ? await firstPending(jsm, info) : state.first_seq;
  if (from > state.last_seq) return;
  for await (const message of messagesOf(jetstream(nc), config.name, from, state.last_seq))
    yield {
      kind: "message",
      stream: config.name,
      subject: message.subject,
      headers: [...(message.headers ?? [])].flatMap(([name, values]) =>
        values.map((value): [string, string] => [name, value]),
      ),
      data: Buffer.from(message.data).toString("base64"),
    };
}

/** The first sequence not acknowledged by every durable consumer. */
async function firstPending(jsm: JetStreamManager, { config, state }: StreamInfo): Promise<number> {
  let from = state.last_seq + 1;
  for await (const { config: consumer, ack_floor } of jsm.consumers.list(config.name))
    if (consumer.durable_name !== undefined) from = Math.min(from, ack_floor.stream_seq + 1);
  return Math.max(from, state.first_seq);
}

async function* messagesOf(
  js: JetStreamClient,
  stream: string,
  from: number,
  last: number,
): AsyncGenerator<JsMsg> {
  const consumer = await js.consumers.get(stream, {
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: from,
  });
  if ((await consumer.info()).num_pending === 0) return;
  const messages = await consumer.consume({ max_messages: 256 });
  try {
    for await (const message of messages) {
      if (message.seq > last) return;
      yield message;
      if (message.seq === last || message.info.pending === 0) return;
    }
  } finally {
    messages.stop();
  }
}

/**
 * Creates a stream from a backup, with this installation's replicas; its sequences continue above the used
 * ones.
 */
export async function makeStream(jsm: JetStreamManager, { config, last_seq }: StreamRecord): Promise<void> {
  const { replicas, dataVersion } = streamPolicy();
  const { persist_mode, metadata, ...rest } = config;
  const own = Object.entries(metadata ?? {}).filter(([key]) => !key.startsWith("_nats."));
  await jsm.streams.add({
    ...rest,
    num_replicas: replicas,
    metadata: { ...Object.fromEntries(own), [versionKey]: String(dataVersion) },
    ...(persist_mode !== undefined && replicas === 1 && { persist_mode }),
    first_seq: last_seq + 1,
  });
}

/** Publishes a message of a backup to its stream. */
export async function writeMessage(
  js: JetStreamClient,
  record: Extract<BackupRecord, { kind: "message" }>,
): Promise<void> {
  const head = headers();
  for (const [name, value] of record.headers)
    if (!name.startsWith("Nats-Expected-")) head.append(name, value);
  await js.publish(record.subject, Buffer.from(record.data, "base64"), { headers: head });
}
