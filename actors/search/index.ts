import type { JetStreamManager } from "@nats-io/jetstream";
import { readPayload } from "../../infra/bus/payload.ts";
import { storedMessage } from "../../infra/nats/stored-message.ts";
import { eventsStreamConfig } from "../../infra/nats/stream-configs.ts";
import { ensureStream } from "../../infra/nats/streams.ts";
import type { IndexedMessage } from "../../schemas/documents/message-index.ts";
import { subjectOf } from "../../schemas/messages/define.ts";
import { turnsCompleted } from "../../schemas/messages/events.ts";
import { searchMessages } from "../../schemas/routes/search.ts";
import type { ActorContext } from "../actor-context.ts";
import { actingUser } from "../requests/acting-user.ts";
import { serveRoute } from "../requests/rest.ts";
import { MessageIndex } from "../storage/message-index.ts";
import { IndexWriter } from "./index-writer.ts";
import { MessageSearch } from "./message-search.ts";

const consumerName = "search";
const inFlight = 128;
/** How long a search waits for the user's latest turns to be indexed, ms. */
const catchUpMs = 1_000;
const lookMs = 25;

/** Indexes messages from turn events and serves search. */
export async function startSearch(context: ActorContext): Promise<void> {
  const { db, bus, jsm, log, settings } = context;
  const index = new MessageIndex(db, log);
  const search = new MessageSearch(db, index, settings.limits.jsonAnswerBytes / 2);
  await Promise.all([index.createIndexes(), search.createIndexes(), ensureStream(jsm, eventsStreamConfig())]);
  const writer = new IndexWriter(db, index, log);
  await bus.consume(turnsCompleted, { name: consumerName, inFlight }, async ({ turns }) => {
    await Promise.all(turns.map((turn) => writer.add(turn)));
  });
  serveRoute(context, searchMessages, async ({ principal, query }) => {
    const user = actingUser(principal, query.user_id);
    await caughtUp(jsm, index, user);
    return search.search(user, query);
  });
}

/** Waits, for a bounded time, until a user's last turn is indexed; does not wait for other users' events. */
async function caughtUp(jsm: JetStreamManager, index: MessageIndex, user: string): Promise<void> {
  const until = performance.now() + catchUpMs;
  const last = await lastTurn(jsm, user);
  if (last === null) return;
  while (performance.now() < until) {
    if ((await indexedUpTo(jsm)) >= last.seq || (await index.has(last.message))) return;
    await new Promise((resolve) => setTimeout(resolve, lookMs));
  }
}

/** Stream sequence up to which all events are indexed. */
async function indexedUpTo(jsm: JetStreamManager): Promise<number> {
  return (await jsm.consumers.info(turnsCompleted.stream, consumerName)).ack_floor.stream_seq;
}

/**
 * Stream sequence and last message of a user's last completed turn; null when there is nothing to wait for.
 */
async function lastTurn(
  jsm: JetStreamManager,
  user: string,
): Promise<{ seq: number; message: IndexedMessage["_id"] } | null> {
  const last_by_subj = subjectOf(turnsCompleted, { user });
  const stored = await storedMessage(jsm, turnsCompleted.stream, { last_by_subj });
  if (stored === null) return null;
  const payload = readPayload(turnsCompleted, stored.subject, stored.data);
  const turn = payload.ok ? payload.message.turns.at(-1) : undefined;
  const message = turn?.messages.at(-1);
  if (turn === undefined || message === undefined) return null;
  return { seq: stored.seq, message: { user, session: turn.session, message_id: message.message_id } };
}
