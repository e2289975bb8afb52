import { JetStreamApiError, JetStreamError } from "@nats-io/jetstream";
import {
  ClosedConnectionError,
  ConnectionError,
  DrainingConnectionError,
  RequestError,
  TimeoutError,
} from "nats";

const outages = [
  JetStreamError,
  RequestError,
  TimeoutError,
  ConnectionError,
  ClosedConnectionError,
  DrainingConnectionError,
];

/** Whether NATS was unreachable or had no leader, as opposed to an invalid request. */
export function isNatsOutage(err: unknown): boolean {
  if (outages.some((kind) => err instanceof kind)) return true;
  if (err instanceof JetStreamApiError) return err.status === 503;
  // The class of this error is not exported.
  return err instanceof Error && err.name === "JetStreamNotEnabled";
}
