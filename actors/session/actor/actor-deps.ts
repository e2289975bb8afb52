import type { Origin } from "../../../infra/bus/rejected.ts";
import type { Logger } from "../../../infra/log.ts";
import type { Turn } from "../../../schemas/documents/collections.ts";
import type { Limits } from "../../../schemas/limits.ts";
import type { SessionInput } from "../../../schemas/messages/session-input.ts";
import type { OutPublisher } from "../../egress/out-publisher.ts";
import type { QuotaLedger } from "../../quota/quota-ledger.ts";
import type { CommandReplyDeps } from "../outbox/command-reply.ts";
import type { Effects } from "../outbox/effects.ts";
import type { Trimmer } from "../transcript/trimmer.ts";
import type { CommitResult, TurnStore } from "../transcript/turn-store.ts";
import type { TurnDeps } from "../turn/pipeline.ts";

/** Dependencies of a session actor. */
export interface ActorDeps extends CommandReplyDeps {
  store: Pick<TurnStore, "tail" | "at" | "byInSeq" | "byClientMsgId" | "deleteCovering">;
  commit(turn: Turn): Promise<CommitResult>;
  trimmer: Pick<Trimmer, "finished" | "remove">;
  effects: Pick<Effects, "ofTurn" | "ofDeleted" | "ofFailed" | "bridge">;
  out: Pick<OutPublisher, "frame" | "direct">;
  quota: Pick<QuotaLedger, "limited" | "settle" | "release" | "count">;
  commands: TurnDeps["commands"];
  /** Reads a message again from the log; null when it is no longer there. */
  readInput(seq: number): Promise<SessionInput | null>;
  /** Reads the text of an edit from the log; null when it is no longer there. */
  readEdit(seq: number): Promise<string | null>;
  /** Keeps a log entry that this version can't read in REJECTED. */
  reject(origin: Origin, reason: Error): Promise<void>;
  /** Completes the erasure of a clear or delete that another process left unfinished. */
  erase(turn: Turn): void;
  /** Dependencies of the turns that the actor runs. */
  turns: TurnDeps;
  limits: Pick<Limits, "mailboxPayloads" | "sessionQueue" | "turnFailures">;
  log: Logger;
}
