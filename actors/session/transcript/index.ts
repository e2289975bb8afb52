import type { StreamInfo } from "@nats-io/jetstream";
import { ensureCountingStream } from "../../../infra/nats/counting-stream.ts";
import { rescueMessages } from "../../../infra/nats/rescue.ts";
import { sessionsStreamConfig } from "../../../infra/nats/stream-configs.ts";
import type { ActorContext } from "../../actor-context.ts";
import { MessageIndex } from "../../storage/message-index.ts";
import type { SessionDocuments } from "../rest/session-documents.ts";
import { Eraser } from "./erase.ts";
import { Trimmer } from "./trimmer.ts";
import { TurnCommitter } from "./turn-committer.ts";
import { TurnStore } from "./turn-store.ts";

/** The log and the transcripts of sessions. */
export interface Transcripts {
  store: TurnStore;
  committer: TurnCommitter;
  trimmer: Trimmer;
  eraser: Eraser;
  /** Restores the stream after an outage. */
  restore(): Promise<void>;
}

/** Creates the session log stream and the turns collection, and starts the trimmer and the eraser. */
export async function openTranscripts(
  context: ActorContext,
  sessions: SessionDocuments,
): Promise<Transcripts> {
  const { db, jsm, bus, log, settings, lifecycle } = context;
  const store = new TurnStore(db);
  await store.createIndexes();
  await ensureSessionsStream(context, store);
  const committer = new TurnCommitter((turns) => store.insertAll(turns), settings.limits.groupCommit, log);
  const trimmer = new Trimmer(jsm, log);
  const eraser = new Eraser(bus, jsm, store, sessions, new MessageIndex(db, log), log);
  trimmer.start();
  eraser.start();
  lifecycle.onStop("session transcripts", async () => {
    eraser.stop();
    await trimmer.stop();
  });
  return { store, committer, trimmer, eraser, restore: () => ensureSessionsStream(context, store) };
}

/** A stream that lost its content must continue above the cursors, or new messages would look finished. */
async function ensureSessionsStream(context: ActorContext, store: TurnStore): Promise<void> {
  const { settings } = context;
  const floor = await store.highestInSeq();
  const rescue = (stream: StreamInfo) =>
    rescueMessages({ ...context, publisher: context.bus.publisher }, stream, floor);
  await ensureCountingStream(context, sessionsStreamConfig(settings.limits), { floor, rescue });
}
