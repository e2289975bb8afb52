import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { createGunzip } from "node:zlib";
import { type JetStreamClient, type JetStreamManager, jetstream } from "@nats-io/jetstream";
import type { Db, Document } from "mongodb";
import type { NatsConnection } from "nats";
import { installationCollections } from "../../schemas/documents/installation.ts";
import { subjects } from "../../schemas/messages/subjects.ts";
import { dataVersion } from "../installation/migrations.ts";
import { SettingsError } from "../settings-error.ts";
import { type BackupRecord, decodeRecord, formatVersion } from "./format.ts";
import { contentOf, makeStream, writeMessage } from "./stream-content.ts";

/** The engines that receive a backup. */
export interface RestoreTarget {
  nc: NatsConnection;
  jsm: JetStreamManager;
  db: Db;
}

const batchDocuments = 500;
/** Actor processes send a heartbeat each second. */
const listenMs = 2_500;
/** Data that a start creates in an empty installation; the backup's replaces it. */
const ofAStart = new Set<string>(Object.values(installationCollections));

/**
 * Restores a backup to an empty installation. Resolves with the number of records.
 * @throws SettingsError when the file is not a complete backup or has a newer version, when the installation
 * is not empty, or when actor processes run
 */
export async function restoreBackup(target: RestoreTarget, file: string): Promise<number> {
  const records = await checkFile(file);
  await requireNoActors(target.nc);
  await requireEmpty(target);
  for (const collection of ofAStart) await target.db.collection(collection).deleteMany({});
  const js = jetstream(target.nc);
  const batch = new DocumentBatch(target.db);
  for await (const record of recordsOf(file)) await apply(target, js, batch, record);
  await batch.flush();
  return records;
}

async function apply(
  { jsm, db }: RestoreTarget,
  js: JetStreamClient,
  batch: DocumentBatch,
  record: BackupRecord,
): Promise<void> {
  if (record.kind === "document") await batch.add(record.collection, record.document);
  if (record.kind === "collection") await makeCollection(db, record.name, record.options);
  if (record.kind === "message") await writeMessage(js, record);
  if (record.kind !== "stream") return;
  // An empty one created by a start, with sequences of its own.
  await jsm.streams.delete(record.config.name).catch(() => undefined);
  await makeStream(jsm, record);
}

/** An empty one created by a start is used as it is. */
async function makeCollection(db: Db, name: string, options: Document): Promise<void> {
  const isThere = await db.listCollections({ name }, { nameOnly: true }).hasNext();
  if (!isThere) await db.createCollection(name, options);
}

/** Validates the whole file before anything is written. */
async function checkFile(file: string): Promise<number> {
  let count = 0;
  let isComplete = false;
  try {
    for await (const record of recordsOf(file)) {
      if (count === 0) requireReadable(record);
      if (record.kind === "end") isComplete = record.records === count;
      else count += 1;
    }
  } catch (err) {
    if (err instanceof SettingsError) throw err;
    throw new SettingsError(`${file} is no backup of Parley: ${(err as Error).message}`);
  }
  if (!isComplete) throw new SettingsError(`${file} is incomplete: use another backup`);
  return count;
}

function requireReadable(record: BackupRecord): void {
  if (record.kind !== "header" || record.format !== formatVersion)
    throw new SettingsError("the file is no backup that this version can read");
  if (record.data_version > dataVersion)
    throw new SettingsError(
      `the backup has data of version ${record.data_version}, made by Parley ${record.program}; this program knows ${dataVersion}: use the newer program`,
    );
}

async function requireNoActors(nc: NatsConnection): Promise<void> {
  const subscription = nc.subscribe(subjects.actorAliveAll, { max: 1, timeout: listenMs });
  let isHeard = false;
  try {
    for await (const _alive of subscription) isHeard = true;
  } catch {
    // No heartbeat arrived in time.
  }
  if (isHeard) throw new SettingsError("actor processes run on this installation: stop them first");
}

async function requireEmpty({ db, jsm }: RestoreTarget): Promise<void> {
  const found: string[] = [];
  for (const { name } of await db.listCollections({}, { nameOnly: true }).toArray())
    if (
      !ofAStart.has(name) &&
      !name.startsWith("system.") &&
      (await db.collection(name).countDocuments({}, { limit: 1 })) > 0
    )
      found.push(name);
  for await (const { config, state } of jsm.streams.list())
    if (contentOf(config.name) === "all" && state.messages > 0) found.push(config.name);
  if (found.length > 0)
    throw new SettingsError(`the installation is not empty (${found.join(", ")}): restore into a new one`);
}

async function* recordsOf(file: string): AsyncGenerator<BackupRecord> {
  const input = createReadStream(file);
  const unpacked = createGunzip();
  input.on("error", (err) => unpacked.destroy(err));
  input.pipe(unpacked);
  for await (const line of createInterface({ input: unpacked, crlfDelay: Number.POSITIVE_INFINITY }))
    yield decodeRecord(line);
}

/** Documents of one collection that are waiting to be written. */
class DocumentBatch {
  readonly #db: Db;
  #collection = "";
  #documents: Document[] = [];

  constructor(db: Db) {
    this.#db = db;
  }

  async add(collection: string, document: Document): Promise<void> {
    if (collection !== this.#collection || this.#documents.length >= batchDocuments) await this.flush();
    this.#collection = collection;
    this.#documents.push(document);
  }

  async flush(): Promise<void> {
    const documents = this.#documents;
    this.#documents = [];
    if (documents.length > 0) await this.#db.collection(this.#collection).insertMany(documents);
  }
}
