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
import { isNatsOutage } from "../../infra/nats/outage.ts";

const away = [
  MongoNetworkError,
  MongoNotConnectedError,
  MongoOperationTimeoutError,
  MongoSystemError,
  MongoTopologyClosedError,
];

/** Write concern failed or can't be satisfied: the outcome is unknown. */
const unknownOutcome = new Set([64, 75, 79, 100]);

// A member that is shutting down, starting up or no longer primary. The driver labels these errors for writes
// only.
const noPrimary = new Set([91, 189, 10_107, 11_600, 11_602, 13_435, 13_436]);

/** Whether MongoDB or NATS was unreachable or had no leader, as opposed to an invalid request. */
export function isStorageAway(err: unknown): boolean {
  if (away.some((kind) => err instanceof kind)) return true;
  if (err instanceof MongoBulkWriteError) return isInterrupted(err);
  if (err instanceof MongoServerError && noPrimary.has(Number(err.code))) return true;
  if (err instanceof MongoError) return err.hasErrorLabel("RetryableWriteError");
  return isNatsOutage(err);
}

/**
 * Whether the outcome of a bulk write is unknown. The driver wraps the interrupting error; when the server
 * rejected the command itself (document too deep or too large), its code is set and no document is listed.
 */
function isInterrupted(err: MongoBulkWriteError): boolean {
  if ([err.writeErrors].flat().length > 0) return false;
  if (err.err !== undefined || err.hasErrorLabel("RetryableWriteError")) return true;
  const code = Number(err.code);
  return !Number.isInteger(code) || code === 0 || noPrimary.has(code) || unknownOutcome.has(code);
}
