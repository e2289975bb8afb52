import type { FinishReason } from "../../../schemas/documents/message.ts";
import type { ErrorType } from "../../../schemas/errors.ts";
import type { Segment } from "../../../schemas/wire/review.ts";

/** Why a run was aborted. Only `stop` still commits a reply. */
export type AbortCause = "stop" | "deleted" | "moved" | "lost";

/** Reason of a run's abort signal. */
export class RunAborted extends Error {
  readonly why: AbortCause;

  constructor(why: AbortCause) {
    super(`run aborted: ${why}`);
    this.name = "RunAborted";
    this.why = why;
  }
}

/** The result of a run: a reply, complete or not. `error` is the text of the error frame of a failed one. */
export interface Reply {
  text: string;
  finish: FinishReason;
  error?: string;
  errorType?: ErrorType;
  /** The model rejected the request as invalid. */
  refused?: true;
  model?: string;
  usage?: { prompt_tokens: number; completion_tokens: number };
  /** The spoken sentences, and their joined audio. */
  segments?: Segment[];
  fullAudioUrl?: string;
}

/** The reply of an aborted run. @throws the reason, unless it is a stop */
export function cancelledReply(reply: Reply, reason: unknown): Reply {
  if (reason instanceof RunAborted && reason.why === "stop") return { ...reply, finish: "cancelled" };
  throw reason;
}
