import type { ActorContext } from "../../actor-context.ts";
import type { Commands } from "../../commands/registry.ts";
import type { Consent } from "../../consent/consent.ts";
import type { OutPublisher } from "../../egress/out-publisher.ts";
import { createToolbox, type MoreTools } from "../../tools/index.ts";
import type { Attempts } from "../actor/attempts.ts";
import { RunGate } from "../actor/run-gate.ts";
import type { Effects } from "../outbox/effects.ts";
import type { SessionDocuments } from "../rest/session-documents.ts";
import type { Transcripts } from "../transcript/index.ts";
import { ModelNotices } from "./notices.ts";
import type { TurnDeps } from "./pipeline.ts";
import { RecallClient } from "./recall-client.ts";
import { SpeechClient } from "./speech-client.ts";

/** Dependencies of turns that other rooms provide. */
export interface TurnParts {
  transcripts: Transcripts;
  sessions: SessionDocuments;
  attempts: Attempts;
  effects: Effects;
  commands: Commands;
  consent: Consent;
  out: OutPublisher;
  /** Per-user tools. */
  moreTools: MoreTools;
}

/** Wires the steps of a turn. */
export function createTurnDeps(context: ActorContext, parts: TurnParts): TurnDeps {
  const { bus, log, settings, models, quota, attachments } = context;
  const { store, committer, eraser } = parts.transcripts;
  return {
    models,
    quota,
    attachments,
    log,
    attempts: parts.attempts,
    gate: new RunGate(),
    recall: new RecallClient(bus, log),
    systemPrompt: settings.systemPrompt,
    toolbox: createToolbox(context.routes, parts.moreTools),
    speech: new SpeechClient(bus, log),
    notices: new ModelNotices(),
    commands: parts.commands,
    consent: parts.consent,
    store,
    commit: (turn) => committer.commit(turn),
    sessions: parts.sessions,
    effects: parts.effects,
    erase: (turn) => eraser.erase(turn),
    out: parts.out,
    limits: settings.limits,
    metrics: turnMetrics(context),
  };
}

function turnMetrics({ metrics }: ActorContext): TurnDeps["metrics"] {
  const seconds = [0.005, 0.02, 0.1, 0.5, 1, 2, 5, 15, 60, 300];
  const time = (name: string, help: string) => metrics.histogram(name, help, seconds);
  return {
    turns: metrics.counter("parley_turns_total", "Committed turns by how they ended", ["finish"]),
    fenced: metrics.counter("parley_commits_fenced_total", "Commits that another writer was first to make"),
    queueWait: time("parley_queue_wait_seconds", "From acceptance of a message to its run"),
    firstChunk: time(
      "parley_first_chunk_seconds",
      "From acceptance of a message to the first piece of its reply",
    ),
    turnTime: time("parley_turn_seconds", "From acceptance of a message to its reply"),
  };
}
