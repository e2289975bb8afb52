import { resolve } from "node:path";
import { restoreBackup } from "../backup/restore.ts";
import { writeBackup } from "../backup/write.ts";
import { startEngines } from "../engines/start.ts";
import { dataVersion } from "../installation/migrations.ts";
import { createLogger, type Logger } from "../log.ts";
import { connectMongo } from "../mongo/connect.ts";
import { connectNats } from "../nats/connect.ts";
import { waitForJetStream } from "../nats/jetstream-ready.ts";
import { setStreamPolicy } from "../nats/stream-policy.ts";
import { loadSettings, type Settings } from "../settings.ts";
import { failing, progress } from "./run-process.ts";

type Opened = Awaited<ReturnType<typeof open>>;

/** `parley backup FILE`. */
export function backup(file: string): Promise<void> {
  return withEngines("backup", async (engines) => {
    const records = await writeBackup(engines, resolve(file));
    progress(`wrote ${records} records to ${file}; it holds secrets: keep it safe`);
  });
}

/** `parley restore FILE`. */
export function restore(file: string): Promise<void> {
  return withEngines("restore", async (engines) => {
    const records = await restoreBackup(engines, resolve(file));
    progress(`restored ${records} records from ${file}`);
  });
}

/** Runs `work` on the engines of the settings; starts embedded ones that are not running. */
async function withEngines(role: string, work: (engines: Opened) => Promise<void>): Promise<void> {
  await failing(role, undefined, async () => {
    const settings = loadSettings();
    const log = createLogger(role, { logLevel: "error" });
    const embedded = await startEngines(settings, log, progress);
    try {
      const engines = await open(settings, embedded, log);
      try {
        await work(engines);
      } finally {
        await Promise.all([engines.nc.close(), engines.client.close()]);
      }
    } finally {
      await embedded.stop();
    }
  });
}

async function open(
  settings: Settings,
  { natsUrl, mongodbUri }: { natsUrl: string; mongodbUri: string },
  log: Logger,
) {
  const { startMs } = settings.limits;
  setStreamPolicy({ replicas: settings.natsReplicas, dataVersion, log });
  const nc = await connectNats({ url: natsUrl, name: "backup", log, connectMs: startMs });
  const jsm = await waitForJetStream(nc, startMs, log);
  const { client, db } = await connectMongo({ uri: mongodbUri, log, waitMs: startMs });
  return { nc, jsm, client, db };
}
