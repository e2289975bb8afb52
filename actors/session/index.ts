import { readPayload } from "../../infra/bus/payload.ts";
import type { Origin } from "../../infra/bus/rejected.ts";
import { storedMessage } from "../../infra/nats/stored-message.ts";
import { eventsStreamConfig } from "../../infra/nats/stream-configs.ts";
import { ensureStream } from "../../infra/nats/streams.ts";
import { sessionInput, sessionQueueChange } from "../../schemas/messages/session.ts";
import type { SessionInput } from "../../schemas/messages/session-input.ts";
import type { ActorContext } from "../actor-context.ts";
import { createCommands } from "../commands/index.ts";
import { Consent } from "../consent/consent.ts";
import { startApprovals } from "../consent/index.ts";
import type { KeyedGroup } from "../runtime/keyed-actor.ts";
import type { MoreTools } from "../tools/index.ts";
import { Attempts } from "./actor/attempts.ts";
import { sessionGroup } from "./actor/index.ts";
import { createOutbox } from "./outbox/index.ts";
import { serveSessions } from "./rest/index.ts";
import { SessionDocuments } from "./rest/session-documents.ts";
import { SessionTitles } from "./rest/session-titles.ts";
import { openTranscripts } from "./transcript/index.ts";
import { createTurnDeps } from "./turn/index.ts";

/**
 * Prepares streams and indexes, serves the session routes, and returns the group for the partition runtime to
 * place.
 */
export async function startSessions(context: ActorContext, moreTools: MoreTools): Promise<KeyedGroup> {
  const { db, jsm, bus, log, settings, lifecycle, models, quota, out } = context;
  const sessions = new SessionDocuments(db, log);
  const attempts = new Attempts(db);
  await Promise.all([sessions.createIndexes(), attempts.createIndexes()]);
  await ensureStream(jsm, eventsStreamConfig());
  sessions.start();
  lifecycle.onStop("session documents", () => sessions.stop());

  const transcripts = await openTranscripts(context, sessions);
  const { store, committer, trimmer, eraser } = transcripts;
  const titles = new SessionTitles(models, sessions, log);
  lifecycle.onStop("session titles", () => titles.stop());
  const effects = createOutbox(context, out, titles);
  const approvals = await startApprovals(context);
  const consent = new Consent({ approvals, bus, out, effects, log });
  const commandDeps = await createCommands(context, approvals);
  const { commands } = commandDeps;
  await serveSessions(context, transcripts, sessions, commandDeps);
  const parts = { transcripts, sessions, attempts, effects, commands, consent, out, moreTools };
  const turns = createTurnDeps(context, parts);
  const actors = {
    store,
    commit: committer.commit.bind(committer),
    trimmer,
    effects,
    out,
    quota,
    models,
    commands,
    readInput: (seq: number) => readInput(context, seq),
    readEdit: (seq: number) => readEdit(context, seq),
    reject: (origin: Origin, reason: Error) => bus.reject(sessionInput, origin, reason),
    erase: eraser.erase.bind(eraser),
    turns,
    limits: settings.limits,
    log,
  };
  return { ...sessionGroup(actors, bus), restore: transcripts.restore };
}

async function readEdit({ jsm }: ActorContext, seq: number): Promise<string | null> {
  const message = await storedMessage(jsm, sessionInput.stream, { seq });
  if (message === null) return null;
  const payload = readPayload(sessionQueueChange, message.subject, message.data);
  if (!payload.ok) throw payload.error;
  const { action } = payload.message;
  return action.kind === "edit" ? action.content : null;
}

async function readInput({ jsm }: ActorContext, seq: number): Promise<SessionInput | null> {
  const message = await storedMessage(jsm, sessionInput.stream, { seq });
  if (message === null) return null;
  const payload = readPayload(sessionInput, message.subject, message.data);
  if (!payload.ok) throw payload.error;
  return payload.message;
}
