import { JetStreamApiError, type JetStreamManager, jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "nats";
import type { Logger } from "../log.ts";
import { SettingsError } from "../settings-error.ts";

const notEnabledForAccount = 10039;
const notEnabled = 10076;
const retryMs = 250;
const reportEveryMs = 5_000;

/**
 * Waits until JetStream answers.
 * @throws SettingsError when this account has no JetStream; Error when it does not answer within `waitMs`
 */
export async function waitForJetStream(
  nc: NatsConnection,
  waitMs: number,
  log: Logger,
): Promise<JetStreamManager> {
  const server = nc.getServer();
  const deadline = performance.now() + waitMs;
  for (let reportAt = performance.now() + reportEveryMs; ; ) {
    try {
      const jsm = await jetstreamManager(nc, { checkAPI: false, timeout: 2_000 });
      await jsm.getAccountInfo();
      return jetstreamManager(nc, { checkAPI: false });
    } catch (err) {
      if (isNotEnabled(err))
        throw new SettingsError(
          `NATS at ${server} has no JetStream for this account: add "jetstream { store_dir: … }" to the server and "jetstream: enabled" to the account; "parley nats-config" prints both`,
        );
      if (performance.now() > deadline)
        throw new Error(
          `JetStream at ${server} does not answer: a cluster needs more than half of its nats-servers`,
          { cause: err },
        );
      if (performance.now() > reportAt) {
        reportAt = performance.now() + reportEveryMs;
        log.warn(
          { err, server },
          "waiting for JetStream: a cluster needs more than half of its nats-servers",
        );
      }
      await new Promise((resolve) => setTimeout(resolve, retryMs));
    }
  }
}

function isNotEnabled(err: unknown): boolean {
  // The client does not export this class.
  if (err instanceof Error && err.name === "JetStreamNotEnabled") return true;
  return err instanceof JetStreamApiError && [notEnabledForAccount, notEnabled].includes(err.code);
}
