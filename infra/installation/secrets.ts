import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { Kvm } from "@nats-io/kv";
import type { Collection, Db } from "mongodb";
import type { NatsConnection } from "nats";
import type { Settings } from "../../schemas/config.ts";
import { installationCollections, type SecretDocument } from "../../schemas/documents/installation.ts";
import { isDuplicateKey } from "../mongo/duplicate-key.ts";
import { findStream } from "../nats/streams.ts";
import { readSecretFile } from "./secret-file.ts";

/** Secrets that sign tokens, encrypt provider keys and authenticate the administrator. */
export interface Secrets {
  jwtSecret: string;
  /** 32 bytes, for AES-256-GCM. */
  encryptionKey: Buffer;
  adminPassword: string;
  /** Names of the values created by this call; the administrator's password is shown only then. */
  generated: string[];
}

const makers = {
  jwtSecret: () => randomBytes(48).toString("base64url"),
  encryptionKey: () => randomBytes(32).toString("hex"),
  adminPassword: () => randomBytes(12).toString("base64url"),
};
type Name = keyof typeof makers;
type Values = Partial<Record<Name, string>>;
type SecretSettings = Pick<Settings, "dataDir" | "natsUrl" | Name>;

const names = Object.keys(makers) as Name[];
/** Where versions before 0.2 stored them. */
const formerBucket = "parley_secrets";
const formerFile = "secrets.json";

/** The engines that store secrets; `nc` is used only for those that an earlier version stored in NATS. */
export interface SecretStores {
  db: Db;
  nc: NatsConnection;
}

/** Whether every secret is configured, so that none has to be read. */
export function givesAllSecrets(settings: SecretSettings): boolean {
  return names.every((name) => settings[name] !== undefined);
}

/** The secrets, when all are configured. */
export function givenSecrets(settings: SecretSettings): Secrets {
  const { jwtSecret = "", encryptionKey = "", adminPassword = "" } = settings;
  return { jwtSecret, encryptionKey: Buffer.from(encryptionKey, "hex"), adminPassword, generated: [] };
}

/**
 * Secrets from the settings; missing ones are generated once and stored in MongoDB, where all processes read
 * them. NATS alone would lose them with the disk of one server.
 * @throws MongoError when they can't be read or
 * stored
 */
export async function loadSecrets(settings: SecretSettings, stores: SecretStores): Promise<Secrets> {
  const given = Object.fromEntries(
    names.flatMap((name) => (settings[name] === undefined ? [] : [[name, settings[name]]])),
  ) as Values;
  const missing = names.filter((name) => given[name] === undefined);
  const { values, generated } = await keep(stores.db, missing, () => formerSecrets(settings, stores.nc));
  const { jwtSecret, encryptionKey, adminPassword } = { ...values, ...given } as Record<Name, string>;
  return { jwtSecret, encryptionKey: Buffer.from(encryptionKey, "hex"), adminPassword, generated };
}

/** Copies secrets that an earlier version stored in a file or a bucket to MongoDB, if missing there. */
export async function importFormerSecrets(settings: SecretSettings, { db, nc }: SecretStores): Promise<void> {
  const former = await formerSecrets(settings, nc);
  for (const name of names) {
    const value = former[name];
    if (value !== undefined) await put(collectionOf(db), name, value);
  }
}

async function keep(db: Db, wanted: Name[], former: () => Promise<Values>) {
  const secrets = collectionOf(db);
  const stored = await secrets.find({}, { readConcern: { level: "majority" } }).toArray();
  const values = Object.fromEntries(stored.map(({ _id, value }) => [_id, value])) as Values;
  const absent = wanted.filter((name) => values[name] === undefined);
  const generated: Name[] = [];
  const earlier = absent.length > 0 ? await former() : {};
  for (const name of absent) {
    const value = earlier[name] ?? makers[name]();
    const kept = await put(secrets, name, value);
    if (kept === value && earlier[name] === undefined) generated.push(name);
    values[name] = kept;
  }
  return { values, generated };
}

/** Stores a secret unless one exists; returns the stored value. */
async function put(secrets: Collection<SecretDocument>, _id: Name, value: string): Promise<string> {
  const set = { $setOnInsert: { value } };
  for (let attempt = 0; ; attempt++) {
    try {
      const kept = await secrets.findOneAndUpdate({ _id }, set, { upsert: true, returnDocument: "after" });
      return kept?.value ?? value;
    } catch (err) {
      // Concurrent upserts: the second finds the first's document on its retry.
      if (!isDuplicateKey(err) || attempt > 3) throw err;
    }
  }
}

function collectionOf(db: Db): Collection<SecretDocument> {
  return db.collection<SecretDocument>(installationCollections.secrets);
}

async function formerSecrets(settings: SecretSettings, nc: NatsConnection): Promise<Values> {
  if (settings.natsUrl === undefined) {
    const file = readSecretFile(join(settings.dataDir, formerFile)) as Values | undefined;
    if (file !== undefined) return file;
  }
  return secretsOfBucket(nc);
}

async function secretsOfBucket(nc: NatsConnection): Promise<Values> {
  const kvm = new Kvm(nc);
  const jsm = await kvm.js.jetstreamManager();
  if ((await findStream(jsm, `KV_${formerBucket}`)) === undefined) return {};
  const bucket = await kvm.open(formerBucket);
  const values: Values = {};
  for (const name of names) {
    const entry = await bucket.get(name);
    if (entry?.operation === "PUT") values[name] = entry.string();
  }
  return values;
}
