import { TimeoutError } from "nats";
import type { Logger } from "../../infra/log.ts";
import { isStorageAway } from "./storage-error.ts";

const retryMs = 200;
/**
 * Time limit of one attempt. MongoDB's driver (7.9) never settles an operation that it started on a
 * connection which was just being closed, and its own timeouts don't cover that case.
 */
const tryMs = 10_000;

/**
 * Retries a read or an idempotent write until MongoDB or NATS answers: callers never see an outage.
 * @throws any error that is not an outage
 */
export async function persist<T>(log: Logger, what: string, operation: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await bounded(operation());
    } catch (err) {
      if (!isStorageAway(err)) throw err;
      log.warn({ err, what }, "storage unavailable, retrying");
      await new Promise((resolve) => setTimeout(resolve, retryMs).unref());
    }
  }
}

async function bounded<T>(answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TimeoutError({ cause: `no answer within ${tryMs} ms` })), tryMs);
    // The timer alone must not keep the process alive.
    timer.unref();
  });
  try {
    return await Promise.race([answer, silence]);
  } finally {
    clearTimeout(timer);
  }
}
