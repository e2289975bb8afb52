import { type Db, MongoClient } from "mongodb";
import type { Logger } from "../log.ts";
import { SettingsError } from "../settings-error.ts";

/** Connection options. */
export interface MongoOptions {
  uri: string;
  log: Logger;
  /** Server selection timeout, at the start and for each operation, ms. */
  selectionMs?: number;
  /** Timeout of the first connection, ms; unlimited by default. */
  waitMs?: number;
}

/** A connected client and its database. */
export interface Mongo {
  client: MongoClient;
  db: Db;
}

const retryMs = 500;
const authenticationFailed = 18;
const diagnosisMs = 2_000;
const reportEveryMs = 5_000;

/**
 * Retries until MongoDB answers. Writes wait for a journaled majority; reads are local by default. The
 * database is the one in the URI, or `parley`.
 * @throws SettingsError when authentication fails or the server
 * is not in a replica set; Error after `waitMs`
 */
export async function connectMongo({ uri, log, selectionMs = 5_000, waitMs }: MongoOptions): Promise<Mongo> {
  const hosts = hostsOf(uri);
  const deadline = performance.now() + (waitMs ?? Number.POSITIVE_INFINITY);
  for (let reportAt = performance.now() + reportEveryMs; ; ) {
    // A new client each time: one whose first use failed stays closed.
    const client = new MongoClient(uri, {
      appName: "parley",
      writeConcern: { w: "majority", journal: true },
      retryWrites: true,
      serverSelectionTimeoutMS: Math.max(100, Math.min(selectionMs, deadline - performance.now())),
    });
    try {
      await client.connect();
      const db = client.db(databaseOf(uri));
      const hello = await db.admin().command({ hello: 1 });
      if (hello.setName === undefined && hello.msg !== "isdbgrid") throw noReplicaSet(hosts);
      return { client, db };
    } catch (err) {
      await client.close();
      if (err instanceof SettingsError) throw err;
      if (isRefusal(err))
        throw new SettingsError(
          `MongoDB at ${hosts} refuses the user: check user, password and authSource in MONGODB_URI`,
        );
      if (await isStandalone(uri)) throw noReplicaSet(hosts);
      if (performance.now() > deadline)
        throw new Error(`MongoDB at ${hosts} has no reachable primary: start it, or correct MONGODB_URI`, {
          cause: err,
        });
      if (performance.now() > reportAt) {
        reportAt = performance.now() + reportEveryMs;
        log.warn({ err, hosts }, "waiting for MongoDB: start it, or correct MONGODB_URI");
      }
      await new Promise((resolve) => setTimeout(resolve, retryMs));
    }
  }
}

/** Name of the database in a URI. */
export function databaseOf(uri: string): string {
  const { pathname } = new URL(uri.replace(/^mongodb(\+srv)?:/, "http:").replace(/,[^/]*/, ""));
  return pathname.slice(1) || "parley";
}

/** Hosts of a URI, without credentials. */
function hostsOf(uri: string): string {
  return uri.replace(/^mongodb(\+srv)?:\/\/([^@/]*@)?/, "").replace(/[/?].*$/, "");
}

function noReplicaSet(hosts: string): SettingsError {
  return new SettingsError(
    `MongoDB at ${hosts} is no replica set: start mongod with --replSet rs0, run rs.initiate() once, and add replicaSet=rs0 to MONGODB_URI`,
  );
}

function isRefusal(err: unknown): boolean {
  return err instanceof Error && "code" in err && err.code === authenticationFailed;
}

/** Whether the first host answers and is not in a replica set: the driver only reports a timeout. */
async function isStandalone(uri: string): Promise<boolean> {
  const host = hostsOf(uri).split(",")[0];
  if (uri.startsWith("mongodb+srv:") || host === undefined) return false;
  const client = new MongoClient(`mongodb://${host}/?directConnection=true`, {
    serverSelectionTimeoutMS: diagnosisMs,
  });
  try {
    const hello = await client.db("admin").command({ hello: 1 });
    return hello.setName === undefined && !hello.isreplicaset && hello.msg !== "isdbgrid";
  } catch {
    return false;
  } finally {
    await client.close();
  }
}
