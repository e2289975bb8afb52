import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Document, MongoClient } from "mongodb";
import type { EngineDefinition } from "./engine.ts";

/** Options of the embedded mongod. `key` is the content of the key file (base64). */
export interface MongodOptions {
  program: string;
  dataDir: string;
  port: number;
  password: string;
  key: string;
}

const user = "parley";
const replicaSet = "rs0";
const unauthorized = 13;
const authenticationFailed = 18;

/** The URI of the embedded mongod for our own processes. */
export function mongodUri({ port, password }: Pick<MongodOptions, "port" | "password">): string {
  return `mongodb://${user}:${encodeURIComponent(password)}@127.0.0.1:${port}/parley?authSource=admin&replicaSet=${replicaSet}`;
}

/** mongod as a replica set of one on 127.0.0.1, with access control. Writes its key file. */
export function mongod(options: MongodOptions): EngineDefinition {
  const { program, port } = options;
  const dataDir = resolve(options.dataDir);
  const dbPath = join(dataDir, "mongodb");
  const keyFile = join(dataDir, "mongodb.key");
  mkdirSync(dbPath, { recursive: true });
  writeFileSync(keyFile, options.key, { mode: 0o600 });
  const parameters = {
    diagnosticDataCollectionEnabled: "false",
    // A single-node set has no secondary to wait for; by default a SIGTERM takes 15 s.
    shutdownTimeoutMillisForSignaledShutdown: "100",
  };
  return {
    name: "mongod",
    program,
    args: [
      ...["--dbpath", dbPath, "--port", String(port), "--bind_ip", "127.0.0.1", "--nounixsocket"],
      ...["--replSet", replicaSet, "--keyFile", keyFile, "--auth"],
      ...["--wiredTigerCacheSizeGB", "0.5", "--oplogSize", "256", "--quiet"],
      // Decompression before authentication has had vulnerabilities.
      ...["--networkMessageCompressors", "disabled"],
      ...Object.entries(parameters).flatMap(([name, value]) => ["--setParameter", `${name}=${value}`]),
    ],
    mark: dbPath,
    logFile: join(dataDir, "logs", "mongod.log"),
    ports: { mongodb: port },
    prepare: () => prepare(options),
    ping: () => withClient(options, true, async (admin) => void (await admin({ ping: 1 }))),
  };
}

type Run = (command: Document) => Promise<Document>;

async function withClient<T>(
  { port, password }: MongodOptions,
  authenticated: boolean,
  use: (admin: Run) => Promise<T>,
): Promise<T> {
  const client = new MongoClient(`mongodb://127.0.0.1:${port}/?directConnection=true`, {
    serverSelectionTimeoutMS: 1_000,
    connectTimeoutMS: 1_000,
    ...(authenticated && { auth: { username: user, password } }),
  });
  try {
    await client.connect();
    return await use((command) => client.db("admin").command(command));
  } finally {
    await client.close();
  }
}

/** Initiates the replica set and creates the user, once; updates a changed port. Each step is idempotent. */
async function prepare(options: MongodOptions): Promise<void> {
  const hello = await withClient(options, false, (admin) => admin({ hello: 1 }));
  if (hello.setName === undefined) {
    if (hello.info?.includes("valid replica set config") || hello.isreplicaset) await takePlace(options);
    throw new Error("the replica set is not ready");
  }
  if (hello.isWritablePrimary !== true) throw new Error("no primary yet");
  if (hello.me !== undefined && hello.me !== `127.0.0.1:${options.port}`)
    throw new Error("the replica set has another host");
  try {
    await withClient(options, true, (admin) => admin({ ping: 1 }));
  } catch (err) {
    if ((err as { code?: number }).code !== authenticationFailed) throw err;
    // Allowed without authentication while there is no user (localhost exception).
    await withClient(options, false, (admin) =>
      admin({ createUser: user, pwd: options.password, roles: ["root"] }),
    );
  }
}

/** Initiates the set, or updates the port of its only member. */
async function takePlace(options: MongodOptions): Promise<void> {
  const member = { _id: 0, host: `127.0.0.1:${options.port}` };
  try {
    await withClient(options, false, (admin) =>
      admin({
        replSetInitiate: { _id: replicaSet, members: [member], settings: { electionTimeoutMillis: 500 } },
      }),
    );
  } catch (err) {
    // There are users, so there is a configuration, with another port.
    if ((err as { code?: number }).code !== unauthorized) throw err;
    await withClient(options, true, async (admin) => {
      const { config } = await admin({ replSetGetConfig: 1 });
      await admin({
        replSetReconfig: { ...config, version: config.version + 1, members: [member] },
        force: true,
      });
    });
  }
}
