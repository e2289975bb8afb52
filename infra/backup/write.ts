import { createWriteStream, renameSync, rmSync } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import type { JetStreamManager, StreamInfo } from "@nats-io/jetstream";
import type { ClientSession, Db, MongoClient } from "mongodb";
import type { NatsConnection } from "nats";
import { installationCollections } from "../../schemas/documents/installation.ts";
import { version } from "../checkout.ts";
import { dataVersion } from "../installation/migrations.ts";
import { type BackupRecord, encodeRecord, formatVersion } from "./format.ts";
import { readStream } from "./stream-content.ts";

/** The engines that are backed up. */
export interface BackupSource {
  nc: NatsConnection;
  jsm: JetStreamManager;
  client: MongoClient;
  db: Db;
}

/** Transient data, useless in another installation. */
const leftOut = new Set<string>([installationCollections.leases]);

/**
 * Writes a backup to `file` (gzip, mode 600: it contains secrets) while the system runs. Resolves with the
 * number of records. The order makes it consistent: see the decision about backups in `infra/adr`.
 * @throws Error of an engine; the file is then unchanged
 */
export async function writeBackup(source: BackupSource, file: string): Promise<number> {
  const draft = `${file}.part`;
  let records = 0;
  const lines = async function* () {
    for await (const record of recordsOf(source)) {
      records += 1;
      yield encodeRecord(record);
    }
    yield encodeRecord({ kind: "end", records });
  };
  try {
    const output = createWriteStream(draft, { mode: 0o600, flush: true });
    await pipeline(Readable.from(lines()), createGzip(), output);
    renameSync(draft, file);
  } catch (err) {
    rmSync(draft, { force: true });
    throw err;
  }
  return records;
}

async function* recordsOf(source: BackupSource): AsyncGenerator<BackupRecord> {
  const { nc, jsm } = source;
  yield {
    kind: "header",
    format: formatVersion,
    data_version: dataVersion,
    program: version,
    at: new Date().toISOString(),
  };
  const logs: StreamInfo[] = [];
  const stores: StreamInfo[] = [];
  for await (const info of jsm.streams.list())
    (info.config.name.startsWith("OBJ_") ? stores : logs).push(info);
  for (const info of logs) yield* readStream(nc, jsm, await jsm.streams.info(info.config.name));
  yield* documentsOf(source);
  for (const info of stores) yield* readStream(nc, jsm, await jsm.streams.info(info.config.name));
}

/** A snapshot of all documents. */
async function* documentsOf({ client, db }: BackupSource): AsyncGenerator<BackupRecord> {
  const found = await db.listCollections({}, { nameOnly: false }).toArray();
  const session: ClientSession = client.startSession({ snapshot: true });
  try {
    for (const { name, type, options } of found.toSorted((a, b) => a.name.localeCompare(b.name))) {
      // "system." collections belong to other collections, which are listed on their own.
      if (leftOut.has(name) || name.startsWith("system.") || type === "view") continue;
      if (type === "timeseries") yield { kind: "collection", name, options: options ?? {} };
      for await (const document of db.collection(name).find({}, { session, promoteValues: false }))
        yield { kind: "document", collection: name, document };
    }
  } finally {
    await session.endSession();
  }
}
