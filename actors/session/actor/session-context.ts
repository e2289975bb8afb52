import type { Counter, Histogram } from "prom-client";
import type { Logger } from "../../../infra/log.ts";
import type { Turn } from "../../../schemas/documents/collections.ts";
import type { Limits } from "../../../schemas/limits.ts";
import type { SessionInput } from "../../../schemas/messages/session-input.ts";
import type { AttachmentReader } from "../../attachments/attachment-reader.ts";
import type { Commands } from "../../commands/registry.ts";
import type { OutPublisher } from "../../egress/out-publisher.ts";
import type { Models } from "../../models/model.ts";
import type { QuotaLedger } from "../../quota/quota-ledger.ts";
import type { Toolbox } from "../../tools/index.ts";
import type { Effects } from "../outbox/effects.ts";
import type { SessionDocuments } from "../rest/session-documents.ts";
import type { Trimmer } from "../transcript/trimmer.ts";
import type { CommitResult, TurnStore } from "../transcript/turn-store.ts";
import type { ModelNotices } from "../turn/model-notices.ts";
import type { Recall } from "../turn/recall.ts";
import type { SpeechClient } from "../turn/speech-client.ts";
import type { Attempts } from "./attempts.ts";
import type { RunGate } from "./run-gate.ts";

/** What the operator sees of the turns of one process. */
export interface SessionMetrics {
  turns: Counter<"finish">;
  fenced: Counter;
  queueWait: Histogram;
  firstChunk: Histogram;
  turnTime: Histogram;
}

/** What every session actor of a process works with. */
export interface SessionContext {
  store: Pick<TurnStore, "tail" | "at" | "since" | "byInSeq" | "byClientMsgId" | "deleteCovering">;
  commit(turn: Turn): Promise<CommitResult>;
  sessions: Pick<SessionDocuments, "created" | "touched">;
  attempts: Pick<Attempts, "begin" | "beginAlone">;
  effects: Pick<Effects, "ofTurn" | "ofDeleted" | "bridge">;
  out: Pick<OutPublisher, "frame" | "direct">;
  trimmer: Pick<Trimmer, "finished" | "remove">;
  models: Models;
  quota: Pick<QuotaLedger, "limited" | "reserve" | "settle" | "release" | "count">;
  attachments: Pick<AttachmentReader, "read">;
  toolbox: Toolbox;
  recall: Pick<Recall, "ask">;
  commands: Commands;
  notices: Pick<ModelNotices, "frameOf">;
  speech: Pick<SpeechClient, "speak" | "join">;
  gate: RunGate;
  /** Reads a message again from the log; null when it has left it. */
  readInput(seq: number): Promise<SessionInput | null>;
  /** Finishes the erasing of a clear or delete that its maker left undone. */
  erase(turn: Turn): void;
  systemPrompt: string;
  limits: Limits;
  log: Logger;
  metrics: SessionMetrics;
}
