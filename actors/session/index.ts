import { JetStreamApiError } from "@nats-io/jetstream";
import { openBulkStore } from "../../infra/nats/bulk-store.ts";
import { storedMessage } from "../../infra/nats/stored-message.ts";
import { eventsStreamConfig, sessionsStreamConfig } from "../../infra/nats/stream-configs.ts";
import { ensureStream } from "../../infra/nats/streams.ts";
import { type SessionInput, sessionInputSchema } from "../../schemas/messages/session-input.ts";
import { parseSessionIn, partitionCount, streams, subjects } from "../../schemas/messages/subjects.ts";
import type { ActorContext } from "../actor-context.ts";
import { createCommands } from "../commands/index.ts";
import type { OutPublisher } from "../egress/out-publisher.ts";
import type { KeyedGroup } from "../runtime/keyed-actor.ts";
import { MessageIndex } from "../storage/message-index.ts";
import { createToolbox } from "../tools/index.ts";
import { Attempts } from "./actor/attempts.ts";
import { RunGate } from "./actor/run-gate.ts";
import { SessionActor } from "./actor/session-actor.ts";
import { answerAsk } from "./actor/session-asks.ts";
import type { SessionContext } from "./actor/session-context.ts";
import { Effects } from "./outbox/effects.ts";
import { serveNeoRoutes } from "./rest/neo-routes.ts";
import { SessionDocuments } from "./rest/session-documents.ts";
import { SessionExport } from "./rest/session-export.ts";
import { SessionList } from "./rest/session-list.ts";
import { SessionOwnerClient } from "./rest/session-owner-client.ts";
import { serveSessionRoutes } from "./rest/session-routes.ts";
import { serveSessionSurvey } from "./rest/session-survey.ts";
import { SessionTitles } from "./rest/session-titles.ts";
import { startUserErasure } from "./rest/user-erasure.ts";
import { Eraser } from "./transcript/erase.ts";
import { History } from "./transcript/history.ts";
import { Trimmer } from "./transcript/trimmer.ts";
import { TurnCommitter } from "./transcript/turn-committer.ts";
import { TurnStore } from "./transcript/turn-store.ts";
import { ModelNotices } from "./turn/model-notices.ts";
import { Recall } from "./turn/recall.ts";
import { SpeechClient } from "./turn/speech-client.ts";

/** Prepares streams and indexes, serves the session routes, and returns the group for the partition runtime to place. */
export async function startSessions(context: ActorContext, out: OutPublisher): Promise<KeyedGroup> {
  const { db, jsm, nc, bus, log, settings, lifecycle } = context;
  const store = new TurnStore(db);
  const sessions = new SessionDocuments(db, log);
  const attempts = new Attempts(db);
  await Promise.all([store.createIndexes(), sessions.createIndexes(), attempts.createIndexes()]);
  await ensureSessionsStream(context, store);
  await ensureStream(jsm, eventsStreamConfig());

  const committer = new TurnCommitter((turns) => store.insertAll(turns), settings.limits.groupCommit, log);
  const trimmer = new Trimmer(jsm, log);
  const eraser = new Eraser(nc, jsm, store, sessions, new MessageIndex(db, log), log);
  const titles = new SessionTitles(context.models, sessions, log);
  trimmer.start();
  sessions.start();
  eraser.start();
  lifecycle.onStop("session store", async () => {
    eraser.stop();
    await titles.stop();
    await trimmer.stop();
    await sessions.stop();
  });

  const owner = new SessionOwnerClient(nc);
  const history = new History(store, owner, settings.limits.jsonAnswerBytes / 2);
  const { jsonAnswerBytes, exportBytes } = settings.limits;
  const list = new SessionList({ store, sessions, owner, eraser, jsm, listBytes: jsonAnswerBytes / 2 });
  const inlineBytes = jsonAnswerBytes / 4;
  const files = new SessionExport(history, () => openBulkStore(nc), { inlineBytes, exportBytes });
  serveSessionRoutes(context, { sessions, list, files, history, eraser });
  await startUserErasure(context, list);
  const means = await createCommands(context);
  serveNeoRoutes(context, history, means);
  const session: SessionContext = {
    store,
    commit: (turn) => committer.commit(turn),
    sessions,
    attempts,
    effects: new Effects(out, context.publisher, log, (turn) => titles.consider(turn)),
    out,
    trimmer,
    models: context.models,
    quota: context.quota,
    attachments: context.attachments,
    toolbox: createToolbox(nc),
    recall: new Recall(bus, log),
    commands: means.commands,
    notices: new ModelNotices(),
    speech: new SpeechClient(nc, log, settings.limits),
    gate: new RunGate(),
    readInput: (seq) => readInput(context, seq),
    erase: (turn) => eraser.erase(turn),
    systemPrompt: settings.systemPrompt,
    limits: settings.limits,
    log,
    metrics: sessionMetrics(context),
  };
  return sessionGroup(session, nc);
}

function sessionGroup(context: SessionContext, nc: ActorContext["nc"]): KeyedGroup {
  return {
    name: "session",
    stream: streams.sessions,
    partitions: partitionCount,
    filter: subjects.sessionInPartition,
    keyOf(subject) {
      const key = parseSessionIn(subject);
      return key === null ? null : `${key.user}.${key.session}`;
    },
    askSubject: subjects.sessionAsk,
    create: (key) => {
      const [user = "", session = ""] = key.split(".");
      return new SessionActor(context, user, session);
    },
    hosted: (actors) => serveSessionSurvey(nc, context.log, actors),
    ask: (data, actor) =>
      answerAsk(context, data, (user, session) => actor(`${user}.${session}`) as SessionActor),
  };
}

/** A log that was lost and made anew counts on from where the transcripts are, or what comes next would look finished. */
async function ensureSessionsStream({ jsm, settings }: ActorContext, store: TurnStore): Promise<void> {
  const config = sessionsStreamConfig(settings.limits);
  try {
    await jsm.streams.info(streams.sessions);
    await ensureStream(jsm, config);
  } catch (err) {
    if (!(err instanceof JetStreamApiError)) throw err;
    await ensureStream(jsm, { ...config, first_seq: (await store.highestInSeq()) + 1 });
  }
}

async function readInput({ jsm }: ActorContext, seq: number): Promise<SessionInput | null> {
  const message = await storedMessage(jsm, streams.sessions, { seq });
  return message === null ? null : sessionInputSchema.parse(message.json());
}

function sessionMetrics({ metrics }: ActorContext): SessionContext["metrics"] {
  const seconds = [0.005, 0.02, 0.1, 0.5, 1, 2, 5, 15, 60, 300];
  return {
    turns: metrics.counter("parley_turns_total", "Committed turns by how they ended", ["finish"]),
    fenced: metrics.counter("parley_commits_fenced_total", "Commits that another writer was first to make"),
    queueWait: metrics.histogram(
      "parley_queue_wait_seconds",
      "From acceptance of a message to its run",
      seconds,
    ),
    firstChunk: metrics.histogram(
      "parley_first_chunk_seconds",
      "From acceptance of a message to the first piece of its reply",
      seconds,
    ),
    turnTime: metrics.histogram("parley_turn_seconds", "From acceptance of a message to its reply", seconds),
  };
}
