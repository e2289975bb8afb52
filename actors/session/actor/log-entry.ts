import { readPayload } from "../../../infra/bus/payload.ts";
import type { QueueChange } from "../../../schemas/documents/session-queue.ts";
import { sessionInput, sessionQueueChange } from "../../../schemas/messages/session.ts";
import type { SessionInput } from "../../../schemas/messages/session-input.ts";
import { parseSessionIn } from "../../../schemas/messages/subjects.ts";
import type { LogEntry } from "../../runtime/keyed-actor.ts";

/** An entry of a session's log: a message, or a change of the queue. */
export function readEntry({
  subject,
  data,
}: LogEntry): { ok: true; message: SessionInput | QueueChange } | { ok: false; error: Error } {
  return parseSessionIn(subject)?.isQueueChange
    ? readPayload(sessionQueueChange, subject, data)
    : readPayload(sessionInput, subject, data);
}
