import { JetStreamApiError, JetStreamError } from "@nats-io/jetstream";
import {
  MongoError,
  MongoNetworkError,
  MongoNotConnectedError,
  MongoSystemError,
  MongoTopologyClosedError,
} from "mongodb";
import {
  ClosedConnectionError,
  ConnectionError,
  DrainingConnectionError,
  RequestError,
  TimeoutError,
} from "nats";

const away = [
  MongoNetworkError,
  MongoNotConnectedError,
  MongoSystemError,
  MongoTopologyClosedError,
  JetStreamError,
  RequestError,
  TimeoutError,
  ConnectionError,
  ClosedConnectionError,
  DrainingConnectionError,
];

/** Whether MongoDB or NATS could not be reached or had no leader, as opposed to a request that is wrong. */
export function isStorageAway(err: unknown): boolean {
  if (away.some((kind) => err instanceof kind)) return true;
  if (err instanceof MongoError) return err.hasErrorLabel("RetryableWriteError");
  if (err instanceof JetStreamApiError) return err.status === 503;
  // The class of this error is not exported.
  return err instanceof Error && err.name === "JetStreamNotEnabled";
}
