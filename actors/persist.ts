import type { Logger } from "../infra/log.ts";
import { isStorageAway } from "./storage-error.ts";

const retryMs = 200;

/**
 * Repeats a read or an idempotent write until MongoDB or NATS answers: an outage is waited for, never passed on to a turn.
 * @throws what is no outage.
 */
export async function persist<T>(log: Logger, what: string, operation: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await operation();
    } catch (err) {
      if (!isStorageAway(err)) throw err;
      log.warn({ err, what }, "store does not answer yet");
      await new Promise((resolve) => setTimeout(resolve, retryMs));
    }
  }
}
