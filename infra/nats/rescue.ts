import { randomUUID } from "node:crypto";
import type { JetStreamManager, StreamInfo } from "@nats-io/jetstream";
import type { Collection, Db } from "mongodb";
import { type RescuedMessage, rescuedCollection } from "../../schemas/documents/rescued-message.ts";
import type { StreamPublisher } from "../bus/stream-publisher.ts";
import type { Logger } from "../log.ts";
import { takeLease, underLease } from "../mongo/lease.ts";
import { storedMessage } from "./stored-message.ts";

/** What a rescue works with. */
export interface RescueContext {
  jsm: JetStreamManager;
  db: Db;
  publisher: Pick<StreamPublisher, "publish">;
  log: Logger;
}

const againMs = 500;
const publishMs = 5_000;

/**
 * Takes a stream from sequences that were used before to those above `floor`, with what it holds: closes it to
 * publishers, keeps its messages in MongoDB, skips the sequences, opens it, and publishes the messages again. One process
 * does it, the others wait; one that dies leaves the rest to the next.
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
        log.warn({ stream: name, messages, floor }, "stream goes on above the sequences that were used");
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

/** In the order in which they came; each has an id, so that one that was published before is stored once. */
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
