import { randomUUID } from "node:crypto";
import type { JetStreamManager, StreamInfo } from "@nats-io/jetstream";
import type { Collection, Db } from "mongodb";
import { type RescuedMessage, rescuedCollection } from "../../schemas/documents/rescued-message.ts";
import type { StreamPublisher } from "../bus/stream-publisher.ts";
import type { Logger } from "../log.ts";
import { takeLease, underLease } from "../mongo/lease.ts";
import { storedMessage } from "./stored-message.ts";

/** Dependencies of a rescue. */
export interface RescueContext {
  jsm: JetStreamManager;
  db: Db;
  publisher: Pick<StreamPublisher, "publish">;
  log: Logger;
}

const againMs = 500;
const publishMs = 5_000;

/**
 * Moves a stream and its messages from used sequences to those above `floor`: closes it to publishers, stores
 * its messages in MongoDB, skips the sequences, opens it, and republishes the messages. One process does so
 * while the others wait; after a crash the next one continues.
 */
export async function rescueMessages(
  context: RescueContext,
  { config: { name, subjects } }: StreamInfo,
  floor: number,
): Promise<void> {
  const { db, jsm, log } = context;
  const lease = `rescue ${name}`;
  const owner = randomUUID();
  while (!(await takeLease(db, lease, owner))) {
    if (await isDone(context, name, floor)) return;
    await new Promise((resolve) => setTimeout(resolve, againMs));
  }
  await underLease({ db, log }, lease, owner, async () => {
    const { state, created } = await jsm.streams.info(name);
    if (state.last_seq < floor) {
      await jsm.streams.update(name, { subjects: [`closed.${name}`] });
      try {
        const messages = await keep(context, name, String(created));
        await jsm.streams.purge(name, { seq: floor + 1 });
        log.warn({ stream: name, messages, floor }, "stream sequences continue above the used ones");
      } finally {
        await jsm.streams.update(name, { subjects });
      }
    }
    await publishAgain(context, name);
  });
}

async function isDone({ db, jsm }: RescueContext, name: string, floor: number): Promise<boolean> {
  const { state } = await jsm.streams.info(name);
  return state.last_seq >= floor && (await rescuedOf(db).countDocuments({ "_id.stream": name })) === 0;
}

async function keep({ db, jsm }: RescueContext, stream: string, life: string): Promise<number> {
  let count = 0;
  for (let seq = 1; ; count++) {
    const query = { seq, next_by_subj: ">" };
    const message = await storedMessage(jsm, stream, query);
    if (message === null) return count;
    const _id = { stream, life: `${life} ${message.timestamp}`, seq: message.seq };
    const kept = { subject: message.subject, payload: message.string() };
    await rescuedOf(db).updateOne({ _id }, { $set: kept }, { upsert: true });
    seq = message.seq + 1;
  }
}

/** In order; each has an id, so that one republished before is stored once. */
async function publishAgain({ db, publisher }: RescueContext, stream: string): Promise<void> {
  const waiting = rescuedOf(db).find({ "_id.stream": stream }).sort({ _id: 1 });
  for await (const { _id, subject, payload } of waiting) {
    const id = `rescued-${_id.life}-${_id.seq}`;
    await publisher.publish(subject, payload, { id, timeoutMs: publishMs });
    await rescuedOf(db).deleteOne({ _id });
  }
}

function rescuedOf(db: Db): Collection<RescuedMessage> {
  return db.collection<RescuedMessage>(rescuedCollection);
}
