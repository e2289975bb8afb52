import type { Counter, Histogram } from "prom-client";
import type { Logger } from "../../infra/log.ts";
import type { Turn } from "../../schemas/documents.ts";
import type { Limits } from "../../schemas/limits.ts";
import type { SessionInput } from "../../schemas/session-input.ts";
import type { AttachmentReader } from "../attachments/attachment-reader.ts";
import type { Commands } from "../commands/registry.ts";
import type { OutPublisher } from "../egress/out-publisher.ts";
import type { Models } from "../models/model.ts";
import type { QuotaBook } from "../quota/quota-book.ts";
import type { Toolbox } from "../tools/index.ts";
import type { Attempts } from "./attempts.ts";
import type { Effects } from "./effects.ts";
import type { ModelNotices } from "./model-notices.ts";
import type { Recall } from "./recall.ts";
import type { RunGate } from "./run-gate.ts";
import type { SessionDocuments } from "./session-documents.ts";
import type { SpeechClient } from "./speech-client.ts";
import type { Trimmer } from "./trimmer.ts";
import type { CommitResult, TurnStore } from "./turn-store.ts";

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
  quota: Pick<QuotaBook, "limited" | "reserve" | "settle" | "release" | "count">;
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
