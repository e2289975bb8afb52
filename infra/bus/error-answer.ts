import { headers, type Msg, type MsgHdrs } from "nats";
import { fromErrorBody, type ParleyError } from "../../schemas/errors.ts";

/** Headers of an error answer, as the NATS service protocol (ADR-32 of nats-architecture-and-design) names them. */
const typeHeader = "Nats-Service-Error";
const statusHeader = "Nats-Service-Error-Code";

/** Answers a request with an error: its uniform body, marked by headers. */
export function respondError(msg: Msg, error: ParleyError, head: MsgHdrs = headers()): void {
  head.set(typeHeader, error.errorType);
  head.set(statusHeader, String(error.status));
  msg.respond(JSON.stringify(error.body), { headers: head });
}

/** Returns the error in an answer, or undefined for a successful one. */
export function errorOf(msg: Msg): ParleyError | undefined {
  const status = msg.headers?.get(statusHeader);
  if (status === undefined || status === "") return undefined;
  let body: unknown;
  try {
    body = msg.json();
  } catch {
    body = undefined;
  }
  return fromErrorBody(body, Number(status));
}
