import { jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "nats";
import type { Settings } from "../../schemas/config.ts";
import type { Endpoints } from "../endpoints.ts";
import type { Logger } from "../log.ts";
import { connectMongo, type Mongo } from "../mongo/connect.ts";
import { connectNats } from "../nats/connect.ts";
import { waitForJetStream } from "../nats/jetstream-ready.ts";
import { setStreamPolicy } from "../nats/stream-policy.ts";
import { checkStreamVersions, migrate } from "./data-version.ts";
import { dataVersion } from "./migrations.ts";
import { givenSecrets, givesAllSecrets, loadSecrets, type Secrets } from "./secrets.ts";

/** Options of a starting process. */
export interface StartContext {
  role: string;
  settings: Settings;
  log: Logger;
  endpoints: Endpoints;
}

/**
 * Checks the engines and the version of their data, and reads the secrets. Nothing is written before both are
 * verified. MongoDB is queried only for secrets that are not configured: an edge needs it for nothing else.
 * @throws SettingsError for what an operator has to change; Error when an engine does not answer in time
 */
export async function openInstallation({ role, settings, log, endpoints }: StartContext): Promise<Secrets> {
  const { startMs: connectMs } = settings.limits;
  setStreamPolicy({ replicas: settings.natsReplicas, dataVersion, log });
  const nc = await connectNats({ url: endpoints.natsUrl, name: `${role} start`, log, connectMs });
  try {
    const jsm = await waitForJetStream(nc, connectMs, log);
    await checkStreamVersions(jsm, { allowDowngrade: settings.allowDowngrade, log });
    if (givesAllSecrets(settings)) return givenSecrets(settings);
    const { client, db } = await openDatabase({ settings, log, endpoints }, nc);
    try {
      return await loadSecrets(settings, { db, nc });
    } finally {
      await client.close();
    }
  } finally {
    await nc.close();
  }
}

/**
 * Connects to MongoDB and migrates its data to this program's version.
 * @throws SettingsError for what an operator has to change, including newer data; Error after
 * `LIMIT_START_MS`
 */
export async function openDatabase(
  { settings, log, endpoints }: Pick<StartContext, "settings" | "log" | "endpoints">,
  nc: NatsConnection,
): Promise<Mongo> {
  const { mongoConnectMs: selectionMs, startMs: waitMs } = settings.limits;
  const mongo = await connectMongo({ uri: endpoints.mongodbUri, log, selectionMs, waitMs });
  try {
    const { allowDowngrade } = settings;
    await checkStreamVersions(await jetstreamManager(nc, { checkAPI: false }), { allowDowngrade, log });
    await migrate({ db: mongo.db, nc, settings }, { allowDowngrade, log });
    return mongo;
  } catch (err) {
    await mongo.client.close();
    throw err;
  }
}
