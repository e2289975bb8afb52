import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { MongoClient } from "mongodb";
import { Engine, type EngineDefinition } from "../../../infra/engines/engine.ts";
import { freePort } from "../../../infra/engines/free-port.ts";
import { findMongod } from "../../../infra/engines/program.ts";
import { createLogger } from "../../../infra/log.ts";
import { eventually } from "../judge/waiting.ts";
import { ClusterNode } from "./cluster.ts";

const name = "rs0";
const user = "parley";
const electionMs = 60_000;

/** Starts a replica set with a key file and access control; returns its URI. */
export async function startReplicaSet(
  folder: string,
  count: number,
  password: string,
): Promise<{ uri: string; members: ClusterNode[] }> {
  const program = await findMongod((line) => process.stderr.write(`${line}\n`));
  const keyFile = join(folder, "mongodb.key");
  writeFileSync(keyFile, Buffer.from(password.repeat(3)).toString("base64"), { mode: 0o600 });
  const ports: number[] = [];
  for (let index = 0; index < count; index++) ports.push(await freePort(0, ports));
  const members = await Promise.all(
    ports.map(async (port, index) => {
      const dbPath = join(folder, `m${index + 1}`);
      mkdirSync(dbPath);
      const definition: EngineDefinition = {
        name: `m${index + 1}`,
        program,
        args: [
          ...["--dbpath", dbPath, "--port", String(port), "--bind_ip", "127.0.0.1", "--nounixsocket"],
          ...["--replSet", name, "--keyFile", keyFile, "--auth", "--quiet"],
          ...["--wiredTigerCacheSizeGB", "0.25", "--oplogSize", "128"],
          ...["--setParameter", "diagnosticDataCollectionEnabled=false"],
        ],
        mark: dbPath,
        logFile: join(folder, `m${index + 1}.log`),
        ports: { mongodb: port },
        ping: () => direct(port, async (client) => void (await client.db("admin").command({ hello: 1 }))),
      };
      const engine = await Engine.start(definition, createLogger("test", { logLevel: "silent" }));
      return new ClusterNode(definition.name, engine, dbPath);
    }),
  );
  await initiate(ports, password);
  const hosts = ports.map((port) => `127.0.0.1:${port}`).join(",");
  const uri = `mongodb://${user}:${password}@${hosts}/parley?authSource=admin&replicaSet=${name}`;
  return { uri, members };
}

async function initiate(ports: readonly number[], password: string): Promise<void> {
  const first = ports[0] ?? 0;
  const members = ports.map((port, _id) => ({ _id, host: `127.0.0.1:${port}`, priority: _id === 0 ? 2 : 1 }));
  const settings = { electionTimeoutMillis: 1_000 };
  await direct(first, (client) =>
    client.db("admin").command({ replSetInitiate: { _id: name, members, settings } }),
  );
  const isPrimary = () =>
    direct(
      first,
      async (client) => (await client.db("admin").command({ hello: 1 })).isWritablePrimary === true,
    );
  await eventually(isPrimary, electionMs, "a primary");
  // Allowed without authentication while there is no user (localhost exception).
  await direct(first, (client) =>
    client.db("admin").command({ createUser: user, pwd: password, roles: ["root"] }),
  );
}

async function direct<T>(port: number, use: (client: MongoClient) => Promise<T>): Promise<T> {
  const client = new MongoClient(`mongodb://127.0.0.1:${port}/?directConnection=true`, {
    serverSelectionTimeoutMS: 2_000,
  });
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}
