import { RequestError, TimeoutError } from "nats";
import { ParleyError } from "../../schemas/errors.ts";

/**
 * Why a request failed. `no_responders`: no process serves it. `timeout`: one may have received it.
 * `disconnected`: no connection to NATS. `invalid`: the answer does not match its schema.
 */
export type NoAnswerReason = "no_responders" | "timeout" | "disconnected" | "invalid";

/** A request without an answer; clients get `service_unavailable`, or `storage_unavailable` without NATS. */
export class NoAnswer extends ParleyError {
  readonly reason: NoAnswerReason;

  constructor(reason: NoAnswerReason, cause?: unknown) {
    super(reason === "disconnected" ? "storage_unavailable" : "service_unavailable", { cause });
    this.reason = reason;
  }
}

/** Maps an error of the NATS client. */
export function reasonOf(err: unknown): NoAnswerReason {
  if (err instanceof RequestError && err.isNoResponders()) return "no_responders";
  if (err instanceof TimeoutError || (err instanceof Error && err.cause instanceof TimeoutError))
    return "timeout";
  return "disconnected";
}
