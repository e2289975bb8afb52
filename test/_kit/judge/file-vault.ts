import { readFileSync } from "node:fs";
import { type JetStreamManager, jetstreamManager } from "@nats-io/jetstream";
import type { ObjectStore } from "@nats-io/obj";
import { type Db, MongoClient } from "mongodb";
import type { NatsConnection } from "nats";
import { createLogger } from "../../../infra/log.ts";
import { openStore } from "../../../infra/nats/bulk-store.ts";
import { connectNats } from "../../../infra/nats/connect.ts";
import type { FileBody, FileDocument } from "../../../schemas/documents/file.ts";
import { subjects } from "../../../schemas/messages/subjects.ts";
import type { System } from "../worlds/system.ts";

/** Stored state of a system's files: their documents, objects, and the objects' messages. */
export class FileVault {
  readonly nc: NatsConnection;
  readonly jsm: JetStreamManager;
  readonly store: ObjectStore;
  readonly db: Db;
  readonly #mongo: MongoClient;

  private constructor(nc: NatsConnection, jsm: JetStreamManager, store: ObjectStore, mongo: MongoClient) {
    this.nc = nc;
    this.jsm = jsm;
    this.store = store;
    this.#mongo = mongo;
    this.db = mongo.db();
  }

  static async open({ engines }: System): Promise<FileVault> {
    const log = createLogger("test", { logLevel: "silent" });
    const nc = await connectNats({ url: engines.natsUrl, name: "test files", log });
    const mongo = await new MongoClient(engines.mongodbUri).connect();
    return new FileVault(nc, await jetstreamManager(nc), await openStore(nc, "files"), mongo);
  }

  /** The stored document of a file. @throws Error when missing */
  async file(id: string): Promise<FileDocument> {
    const found = await this.db.collection<FileDocument>("files").findOne({ _id: id });
    if (found === null) throw new Error(`no file ${id}`);
    return found;
  }

  bodies(): Promise<FileBody[]> {
    return this.db.collection<FileBody>("file_bodies").find().toArray();
  }

  /** Names of the stored objects. */
  async objects(): Promise<string[]> {
    const list = await this.store.list();
    return list.filter(({ deleted }) => !deleted).map(({ name }) => name);
  }

  /** Number of stored chunks of objects, including objects that were never completed. */
  async pieces(bucket = "files"): Promise<number> {
    const filter = subjects.objectPiecesAll(bucket);
    const { state } = await this.jsm.streams.info(`OBJ_${bucket}`, { subjects_filter: filter });
    return Object.values(state.subjects ?? {}).reduce((sum, count) => sum + count, 0);
  }

  async close(): Promise<void> {
    await this.nc.close();
    await this.#mongo.close();
  }
}

/** Current and peak memory of a process, MiB. */
export function memoryOf(pid: number): { now: number; peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const read = (field: string) => Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1024;
  return { now: read("VmRSS"), peak: read("VmHWM") };
}
