import { TimeoutError } from "nats";
import type { Logger } from "../../infra/log.ts";
import { isStorageAway } from "./storage-error.ts";

const retryMs = 200;
/**
 * Longest that one try takes. Without a bound an outage can last for ever: MongoDB's driver (7.9) never ends an operation
 * that it began to write on a connection which was just then closed, and its own timeouts do not see that.
 */
const tryMs = 10_000;

/**
 * Repeats a read or an idempotent write until MongoDB or NATS answers: an outage is waited for, never passed on to a turn.
 * @throws what is no outage.
 */
export async function persist<T>(log: Logger, what: string, operation: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await bounded(operation());
    } catch (err) {
      if (!isStorageAway(err)) throw err;
      log.warn({ err, what }, "store does not answer yet");
      await new Promise((resolve) => setTimeout(resolve, retryMs).unref());
    }
  }
}

async function bounded<T>(answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TimeoutError({ cause: `no answer within ${tryMs} ms` })), tryMs);
    // Of itself it must not keep a process from ending.
    timer.unref();
  });
  try {
    return await Promise.race([answer, silence]);
  } finally {
    clearTimeout(timer);
  }
}
