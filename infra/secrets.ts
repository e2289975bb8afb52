import { randomBytes } from "node:crypto";
import { chmodSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Kvm } from "@nats-io/kv";
import type { NatsConnection } from "nats";
import type { Settings } from "../schemas/config.ts";

/** What signs tokens, encrypts provider keys and lets the administrator in. */
export interface Secrets {
  jwtSecret: string;
  /** 32 bytes, for AES-256-GCM. */
  encryptionKey: Buffer;
  adminPassword: string;
  /** Names of those that this call made; the administrator's password is shown only then. */
  generated: string[];
}

/** Values that are made once; `generated` names those that this call made. */
export interface Kept<Name extends string> {
  values: Record<Name, string>;
  generated: Name[];
}

const makers = {
  jwtSecret: () => randomBytes(48).toString("base64url"),
  encryptionKey: () => randomBytes(32).toString("hex"),
  adminPassword: () => randomBytes(12).toString("base64url"),
};
type Name = keyof typeof makers;
const names = Object.keys(makers) as Name[];
const bucketName = "parley_secrets";

/**
 * Secrets from the settings; those that are missing are made once. With embedded engines they are kept in
 * `DATA_DIR/secrets.json` (mode 600), with an external NATS in a KV bucket, so that all processes agree.
 * A connection given with embedded engines copies them to the bucket, for processes that know the NATS URL only.
 * @throws Error when the file or the bucket can't be written.
 */
export async function loadSecrets(
  settings: Pick<Settings, "dataDir" | "natsUrl" | "jwtSecret" | "encryptionKey" | "adminPassword">,
  nc?: NatsConnection,
): Promise<Secrets> {
  const fixed = names.flatMap((name) =>
    settings[name] === undefined ? [] : [[name, settings[name]] as const],
  );
  const given = Object.fromEntries(fixed) as Partial<Record<Name, string>>;
  const missing = names.filter((name) => given[name] === undefined);
  const make = pick(missing, (name) => makers[name]);
  let kept: Kept<Name>;
  if (settings.natsUrl === undefined) {
    kept = keepInFile(join(settings.dataDir, "secrets.json"), make);
    if (nc !== undefined)
      await keepInBucket(
        nc,
        pick(names, (name) => () => given[name] ?? kept.values[name]),
      );
  } else {
    if (nc === undefined) throw new Error("an external NATS needs a connection");
    kept = await keepInBucket(nc, make);
  }
  const all = { ...kept.values, ...given };
  return { ...all, encryptionKey: Buffer.from(all.encryptionKey, "hex"), generated: kept.generated };
}

function pick(from: Name[], value: (name: Name) => () => string): Record<Name, () => string> {
  return Object.fromEntries(from.map((name) => [name, value(name)])) as Record<Name, () => string>;
}

/** Reads `file` (JSON, mode 600) and adds what is missing in it, so that two processes end with the same values. */
export function keepInFile<K extends string>(file: string, make: Record<K, () => string>): Kept<K> {
  const before = read(file);
  const generated = (Object.keys(make) as K[]).filter((name) => before?.[name] === undefined);
  const made = Object.fromEntries(generated.map((name) => [name, make[name]()]));
  const values = { ...before, ...made } as Record<K, string>;
  if (generated.length === 0) return { values, generated };
  mkdirSync(dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}.${randomBytes(4).toString("hex")}`;
  writeFileSync(draft, `${JSON.stringify(values, null, 2)}\n`, { mode: 0o600 });
  try {
    // A link never replaces: of two first starts one wins, and the other reads the winner's.
    if (before === undefined) linkSync(draft, file);
    else renameSync(draft, file);
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code !== "EEXIST") throw err;
    return { ...keepInFile(file, make), generated: [] };
  } finally {
    rmSync(draft, { force: true });
  }
  return { values, generated };
}

function read(file: string): Record<string, string> | undefined {
  try {
    const values = JSON.parse(readFileSync(file, "utf8")) as Record<string, string>;
    chmodSync(file, 0o600);
    return values;
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new Error(`${file} can't be read`, { cause: err });
  }
}

async function keepInBucket(nc: NatsConnection, make: Record<Name, () => string>): Promise<Kept<Name>> {
  const bucket = await new Kvm(nc).create(bucketName, { history: 1 });
  const values = {} as Record<Name, string>;
  const generated: Name[] = [];
  for (const name of Object.keys(make) as Name[]) {
    const value = make[name]();
    const made = await bucket.create(name, value).then(
      () => true,
      () => false,
    );
    const present = made ? value : (await bucket.get(name))?.string();
    if (!present) throw new Error(`secret ${name} could not be kept in the KV bucket ${bucketName}`);
    values[name] = present;
    if (made) generated.push(name);
  }
  return { values, generated };
}
