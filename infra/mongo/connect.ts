import { type Db, MongoClient } from "mongodb";
import type { Logger } from "../log.ts";

/** Where to connect, and until when to try. */
export interface MongoOptions {
  uri: string;
  log: Logger;
  signal?: AbortSignal;
  /** Time to find a server, at the start and for each later operation, ms. */
  selectionMs?: number;
}

/** A connected client and its database. */
export interface Mongo {
  client: MongoClient;
  db: Db;
}

const retryMs = 500;

/**
 * Tries until MongoDB answers. Writes wait for the majority's journal; reads are local unless the caller says else.
 * The database is the one in the URI, or `parley`.
 * @throws the signal's reason when aborted; MongoServerError when the credentials are refused.
 */
export async function connectMongo({ uri, log, signal, selectionMs = 5_000 }: MongoOptions): Promise<Mongo> {
  for (;;) {
    signal?.throwIfAborted();
    // A new client each time: one whose first use failed stays closed.
    const client = new MongoClient(uri, {
      appName: "parley",
      writeConcern: { w: "majority", journal: true },
      retryWrites: true,
      serverSelectionTimeoutMS: selectionMs,
    });
    try {
      await client.connect();
      const named = new URL(uri.replace(/^mongodb(\+srv)?:/, "http:").replace(/,[^/]*/, "")).pathname.slice(
        1,
      );
      return { client, db: client.db(named || "parley") };
    } catch (err) {
      await client.close();
      if (isRefusal(err)) throw err;
      log.warn({ err }, "mongodb not reachable");
      await new Promise((resolve) => setTimeout(resolve, retryMs));
    }
  }
}

function isRefusal(err: unknown): boolean {
  return err instanceof Error && "code" in err && err.code === 18;
}
