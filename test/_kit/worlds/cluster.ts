import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "nats";
import { Engine, type EngineDefinition } from "../../../infra/engines/engine.ts";
import { freePort } from "../../../infra/engines/free-port.ts";
import { findNatsServer } from "../../../infra/engines/program.ts";
import { createLogger, type Logger } from "../../../infra/log.ts";
import { natsConfig } from "../../../infra/nats/server-config.ts";
import { TcpProxy } from "../fakes/tcp-proxy.ts";
import type { TestEngines } from "./engines.ts";
import { startReplicaSet } from "./replica-set.ts";

const password = "of-the-cluster";
const silent = (): Logger => createLogger("test", { logLevel: "silent" });

/** One server of a cluster: killed, stopped, wiped and restarted on the same ports. */
export class ClusterNode {
  readonly name: string;
  readonly #engine: Engine;
  readonly #dataDir: string;

  constructor(name: string, engine: Engine, dataDir: string) {
    this.name = name;
    this.#engine = engine;
    this.#dataDir = dataDir;
  }

  get pid(): number {
    return this.#engine.pid;
  }

  kill(signal: NodeJS.Signals): Promise<void> {
    return this.#engine.kill(signal);
  }

  restart(): Promise<void> {
    return this.#engine.restart();
  }

  /** kill -9, and deletes all of its data. */
  async wipe(): Promise<void> {
    await this.#engine.kill("SIGKILL");
    rmSync(this.#dataDir, { recursive: true, force: true });
    mkdirSync(this.#dataDir, { recursive: true });
  }

  async stop(): Promise<void> {
    await this.#engine.kill("SIGCONT").catch(() => undefined);
    await this.#engine.stop();
  }
}

/** Three nats-servers with accounts and JetStream, and a MongoDB replica set, on free ports. */
export interface Cluster {
  natsUrl: string;
  mongodbUri: string;
  nats: readonly ClusterNode[];
  mongod: readonly ClusterNode[];
  /** The cluster as a system's engines: its first nats-server and its first member. */
  engines: TestEngines;
  /** Index of the nats-server that leads a stream; -1 without a leader. */
  leaderOf(stream: string): Promise<number>;
  /**
   * Holds what one nats-server sends to the others, but not what it receives; the returned function ends it.
   */
  mute(index: number): () => void;
  stop(): Promise<void>;
}

/** Size of a cluster. */
export interface ClusterOptions {
  /** Members of the replica set: 1 or 3. */
  mongods?: number;
}

/** Starts the cluster; its folder is removed with it. */
export async function startCluster({ mongods = 1 }: ClusterOptions = {}): Promise<Cluster> {
  const folder = mkdtempSync(join(tmpdir(), "parley-cluster-"));
  const [nats, mongo] = await Promise.all([startServers(folder), startReplicaSet(folder, mongods, password)]);
  const stop = async () => {
    await Promise.all([...nats.nodes, ...mongo.members].map((node) => node.stop()));
    await nats.links.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  const natsUrl = nats.ports.map((port) => `nats://parley:${password}@127.0.0.1:${port}`).join(",");
  const [firstServer, firstMember] = [nats.nodes[0], mongo.members[0]];
  if (firstServer === undefined || firstMember === undefined) throw new Error("a cluster has no servers");
  const urls = { natsUrl, mongodbUri: mongo.uri };
  return {
    ...urls,
    engines: { ...urls, mqttPort: 0, nats: firstServer, mongod: firstMember, dataDir: folder, stop },
    nats: nats.nodes,
    mongod: mongo.members,
    leaderOf: (stream) => leaderOf(nats.ports, stream),
    mute: (index) => nats.links.mute(index),
    stop,
  };
}

async function startServers(
  folder: string,
): Promise<{ nodes: ClusterNode[]; ports: number[]; links: Links }> {
  const program = await findNatsServer((line) => process.stderr.write(`${line}\n`));
  const taken: number[] = [];
  for (let count = 0; count < 6; count++) taken.push(await freePort(0, taken));
  const ports = taken.slice(0, 3);
  const routes = taken.slice(3);
  const links = await Links.start(routes);
  const nodes = await Promise.all(
    ports.map(async (port, index) => {
      const name = `n${index + 1}`;
      const dataDir = join(folder, name);
      mkdirSync(dataDir);
      const configFile = join(folder, `${name}.conf`);
      writeFileSync(
        configFile,
        serverConfig({ name, port, dataDir, peers: links.from(index), route: routes[index] ?? 0 }),
      );
      const definition: EngineDefinition = {
        name,
        program,
        args: ["-c", configFile],
        mark: configFile,
        logFile: join(folder, `${name}.log`),
        ports: { nats: port },
        ping: () => ping(port),
      };
      return new ClusterNode(name, await Engine.start(definition, silent()), dataDir);
    }),
  );
  return { nodes, ports, links };
}

/** A proxy for each pair of servers, by the connecting one. */
class Links {
  readonly #proxies: { from: number; to: number; proxy: TcpProxy }[];

  private constructor(proxies: { from: number; to: number; proxy: TcpProxy }[]) {
    this.#proxies = proxies;
  }

  static async start(routes: readonly number[]): Promise<Links> {
    const pairs = routes.flatMap((_, from) => routes.map((_port, to) => ({ from, to })));
    const proxies = pairs
      .filter(({ from, to }) => from !== to)
      .map(async ({ from, to }) => ({ from, to, proxy: await TcpProxy.start(() => routes[to] ?? 0) }));
    return new Links(await Promise.all(proxies));
  }

  /** Ports by which a server reaches the others. */
  from(index: number): number[] {
    return this.#proxies.filter(({ from }) => from === index).map(({ proxy }) => proxy.port);
  }

  mute(index: number): () => void {
    for (const { from, to, proxy } of this.#proxies) {
      if (from === index) proxy.hold("forth");
      if (to === index) proxy.hold("back");
    }
    return () => {
      for (const { proxy } of this.#proxies) proxy.release();
    };
  }

  async stop(): Promise<void> {
    await Promise.all(this.#proxies.map(({ proxy }) => proxy.stop()));
  }
}

interface ServerPlace {
  name: string;
  port: number;
  dataDir: string;
  route: number;
  peers: readonly number[];
}

// Servers reach each other only through the proxies: no other address is advertised.
function serverConfig({ name, port, dataDir, route, peers }: ServerPlace): string {
  const routes = peers.map((peer) => `"nats://r:r@127.0.0.1:${peer}"`).join(", ");
  return `server_name: ${name}
listen: "127.0.0.1:${port}"
jetstream { store_dir: ${JSON.stringify(dataDir)}, max_memory_store: 1GB, max_file_store: 10GB, sync_interval: always }
cluster { name: c1, listen: "127.0.0.1:${route}", no_advertise: true, authorization { user: r, password: r }, routes: [ ${routes} ] }
${natsConfig(password)}`;
}

/** A node is ready when it accepts our login; JetStream requires its peers. */
async function ping(port: number): Promise<void> {
  const options = { servers: `127.0.0.1:${port}`, user: "parley", pass: password };
  const connection = await connect({ ...options, reconnect: false, timeout: 2_000 });
  await connection.close();
}

async function leaderOf(ports: readonly number[], stream: string): Promise<number> {
  const { jetstreamManager } = await import("@nats-io/jetstream");
  for (const port of ports) {
    const options = { servers: `127.0.0.1:${port}`, user: "parley", pass: password, timeout: 1_000 };
    const nc = await connect({ ...options, reconnect: false }).catch(() => undefined);
    if (nc === undefined) continue;
    try {
      const jsm = await jetstreamManager(nc, { checkAPI: false, timeout: 2_000 });
      const { cluster } = await jsm.streams.info(stream);
      return Number(cluster?.leader?.slice(1) ?? 0) - 1;
    } catch {
      // No leader, or no answer from this node.
    } finally {
      await nc.close();
    }
  }
  return -1;
}
