import type { JetStreamManager } from "@nats-io/jetstream";
import { storedMessage } from "../../infra/nats/stored-message.ts";
import { eventsStreamConfig } from "../../infra/nats/stream-configs.ts";
import { ensureStream } from "../../infra/nats/streams.ts";
import { turnsCompletedSchema } from "../../schemas/messages/event.ts";
import { streams, subjects } from "../../schemas/messages/subjects.ts";
import { searchMessages } from "../../schemas/routes/search.ts";
import type { ActorContext } from "../actor-context.ts";
import { startDurableWork } from "../events/durable-work.ts";
import { actingUser } from "../requests/acting-user.ts";
import { serveRoute } from "../requests/rest.ts";
import { MessageIndex } from "../storage/message-index.ts";
import { IndexWriter } from "./index-writer.ts";
import { MessageSearch } from "./message-search.ts";

const consumerName = "search";
const inFlight = 128;
/** How long a search waits for turns that its user has just completed, ms. */
const catchUpMs = 1_000;
const lookMs = 25;

/** Keeps the index of messages by the events of turns, and searches it. */
export async function startSearch(context: ActorContext): Promise<void> {
  const { db, jsm, log, settings } = context;
  const index = new MessageIndex(db, log);
  const search = new MessageSearch(db, index, settings.limits.jsonAnswerBytes / 2);
  await Promise.all([index.createIndexes(), search.createIndexes(), ensureStream(jsm, eventsStreamConfig())]);
  const writer = new IndexWriter(db, index, log);
  const work = {
    stream: streams.events,
    name: consumerName,
    filter: subjects.eventTurnCompletedAll,
    inFlight,
  };
  await startDurableWork(context, work, async (message) => {
    const { turns } = turnsCompletedSchema.parse(message.json());
    await Promise.all(turns.map((turn) => writer.add(turn)));
  });
  serveRoute(context, searchMessages, async ({ principal, query }) => {
    const user = actingUser(principal, query.user_id);
    await caughtUp(jsm, user);
    return search.search(user, query);
  });
}

/** Waits until the index has the last turn of a user, or for a while. */
async function caughtUp(jsm: JetStreamManager, user: string): Promise<void> {
  const until = performance.now() + catchUpMs;
  let [last, done] = await Promise.all([lastTurn(jsm, user), indexedUpTo(jsm)]);
  while (done < last && performance.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, lookMs));
    done = await indexedUpTo(jsm);
  }
}

/** Place among the events up to which all are in the index. */
async function indexedUpTo(jsm: JetStreamManager): Promise<number> {
  return (await jsm.consumers.info(streams.events, consumerName)).ack_floor.stream_seq;
}

/** Place of a user's last completed turn among the events, 0 = none. */
async function lastTurn(jsm: JetStreamManager, user: string): Promise<number> {
  const last_by_subj = subjects.eventTurnCompleted(user);
  return (await storedMessage(jsm, streams.events, { last_by_subj }))?.seq ?? 0;
}
