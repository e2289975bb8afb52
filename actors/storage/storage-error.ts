import { JetStreamApiError, JetStreamError } from "@nats-io/jetstream";
import {
  MongoBulkWriteError,
  MongoError,
  MongoNetworkError,
  MongoNotConnectedError,
  MongoOperationTimeoutError,
  MongoServerError,
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
  MongoOperationTimeoutError,
  MongoSystemError,
  MongoTopologyClosedError,
  JetStreamError,
  RequestError,
  TimeoutError,
  ConnectionError,
  ClosedConnectionError,
  DrainingConnectionError,
];

// A member that is going down, coming up or no longer primary. The driver labels these for writes only.
const noPrimary = new Set([91, 189, 10_107, 11_600, 11_602, 13_435, 13_436]);

/** Whether MongoDB or NATS could not be reached or had no leader, as opposed to a request that is wrong. */
export function isStorageAway(err: unknown): boolean {
  if (away.some((kind) => err instanceof kind)) return true;
  // A bulk write hides what interrupted it: without a failed document, the outcome of all of them is unknown.
  if (err instanceof MongoBulkWriteError) return [err.writeErrors].flat().length === 0;
  if (err instanceof MongoServerError && noPrimary.has(Number(err.code))) return true;
  if (err instanceof MongoError) return err.hasErrorLabel("RetryableWriteError");
  if (err instanceof JetStreamApiError) return err.status === 503;
  // The class of this error is not exported.
  return err instanceof Error && err.name === "JetStreamNotEnabled";
}
