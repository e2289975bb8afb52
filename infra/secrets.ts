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

/** Makes a value for each name that is absent, once; `generated` names those this call made. */
export type Kept = { values: Record<string, string>; generated: string[] };

const makers = {
  jwtSecret: () => randomBytes(48).toString("base64url"),
  encryptionKey: () => randomBytes(32).toString("hex"),
  adminPassword: () => randomBytes(12).toString("base64url"),
};
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
  const { jwtSecret, encryptionKey, adminPassword } = settings;
  const given = Object.entries({ jwtSecret, encryptionKey, adminPassword }).filter(
    ([, value]) => value !== undefined,
  );
  const fixed = Object.fromEntries(given) as Record<string, string>;
  const missing = Object.fromEntries(Object.entries(makers).filter(([name]) => !(name in fixed)));
  if (settings.natsUrl !== undefined && nc === undefined)
    throw new Error("an external NATS needs a connection");
  let kept: Kept;
  if (settings.natsUrl === undefined) {
    kept = keepInFile(join(settings.dataDir, "secrets.json"), missing);
    const copy = Object.fromEntries(
      Object.entries({ ...kept.values, ...fixed }).map(([name, value]) => [name, () => value]),
    );
    if (nc !== undefined) await keepInBucket(nc, copy);
  } else {
    kept = await keepInBucket(nc as NatsConnection, missing);
  }
  const all = { ...kept.values, ...fixed } as Record<keyof typeof makers, string>;
  return { ...all, encryptionKey: Buffer.from(all.encryptionKey, "hex"), generated: kept.generated };
}

/** Reads `file` (JSON, mode 600) and adds what is missing in it, so that two processes end with the same values. */
export function keepInFile(file: string, make: Record<string, () => string>): Kept {
  const before = read(file);
  const names = Object.keys(make).filter((name) => before?.[name] === undefined);
  if (names.length === 0) return { values: before ?? {}, generated: [] };
  const values = { ...before, ...Object.fromEntries(names.map((name) => [name, make[name]?.() ?? ""])) };
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
  return { values, generated: names };
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

async function keepInBucket(nc: NatsConnection, make: Record<string, () => string>): Promise<Kept> {
  const bucket = await new Kvm(nc).create(bucketName, { history: 1 });
  const values: Record<string, string> = {};
  const generated: string[] = [];
  for (const [name, maker] of Object.entries(make)) {
    const value = maker();
    const made = await bucket.create(name, value).then(
      () => true,
      () => false,
    );
    values[name] = made ? value : ((await bucket.get(name))?.string() ?? "");
    if (made) generated.push(name);
    if (!values[name]) throw new Error(`secret ${name} could not be kept in the KV bucket ${bucketName}`);
  }
  return { values, generated };
}
