import { JetStreamError, JetStreamNotEnabled } from "@nats-io/jetstream";
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
  MongoSystemError,
  MongoNotConnectedError,
  MongoTopologyClosedError,
  JetStreamError,
  JetStreamNotEnabled,
  RequestError,
  TimeoutError,
  ConnectionError,
  ClosedConnectionError,
  DrainingConnectionError,
];

/** Whether MongoDB or NATS could not be reached or had no primary, as opposed to a request that is wrong. */
export function isStorageAway(err: unknown): boolean {
  if (away.some((kind) => err instanceof kind)) return true;
  if (!(err instanceof MongoError)) return false;
  return err.hasErrorLabel("RetryableWriteError") || err.hasErrorLabel("ResetPool");
}
