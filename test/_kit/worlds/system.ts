import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { actorNodeFlags, edgeNodeFlags } from "../../../infra/cli/node-flags.ts";
import { adminUserId } from "../../../schemas/principal.ts";
import { ChatClient } from "../clients/client.ts";
import type { ClientOptions } from "../clients/client-options.ts";
import { MongoProxy } from "../fakes/mongo-proxy.ts";
import { startEngines, type TestEngines } from "./engines.ts";
import { Service } from "./service.ts";
import { mintToken, testSecret } from "./token.ts";

/** Composition of a system. */
export interface SystemOptions {
  /** Engines to use; by default it starts one of each. */
  engines?: TestEngines;
  edges?: number;
  actors?: number;
  /** Environment of every process. */
  env?: Record<string, string>;
  /** Environment of one actor process, by its index. */
  actorEnv?: (index: number) => Record<string, string>;
  /** Puts a proxy between the actors and mongod. */
  proxyMongo?: boolean;
  /** Command of an actor process in place of `parley actors`. */
  actorCommand?: readonly string[];
  /** Roles of an actor process, by its index; all of them without this. */
  actorRoles?: (index: number) => readonly string[];
  /** Command of an edge in place of `parley edge`. */
  edgeCommand?: readonly string[];
}

/** Model of the scripted upstream whose replies digest its prompt, in 10 chunks, 50 ms apart. */
export const contextModel = "context:10x50";

const bin = fileURLToPath(new URL("../../../../bin/parley.js", import.meta.url));
const upstreamProgram = fileURLToPath(new URL("../fakes/upstream.js", import.meta.url));

/** A complete Parley with real engines, an upstream, edges and actor processes. */
export class System {
  readonly engines: TestEngines;
  readonly upstream: Service;
  readonly edges: readonly Service[];
  readonly actors: readonly Service[];
  readonly proxy: MongoProxy | undefined;
  #folder: string;
  #clients: ChatClient[] = [];

  constructor(parts: {
    engines: TestEngines;
    upstream: Service;
    edges: Service[];
    actors: Service[];
    proxy: MongoProxy | undefined;
    folder: string;
  }) {
    this.engines = parts.engines;
    this.upstream = parts.upstream;
    this.edges = parts.edges;
    this.actors = parts.actors;
    this.proxy = parts.proxy;
    this.#folder = parts.folder;
  }

  /** URL of an edge. */
  url(edge = 0): string {
    return `http://127.0.0.1:${this.edge(edge).port}`;
  }

  edge(index: number): Service {
    return at(this.edges, index);
  }

  actor(index: number): Service {
    return at(this.actors, index);
  }

  /** Ports of the running edges, the preferred one first. */
  ports(first = 0): number[] {
    const ordered = [...this.edges.slice(first), ...this.edges.slice(0, first)];
    return ordered.filter((edge) => edge.running && edge.port !== 0).map((edge) => edge.port);
  }

  /** A connected client of the administrator, who alone may use `/ws/chat` by default. */
  async client(name: string, options: Partial<ClientOptions> & { edge?: number } = {}): Promise<ChatClient> {
    const user = options.user ?? adminUserId;
    const client = new ChatClient({
      name,
      user,
      token: mintToken(user),
      ports: () => this.ports(options.edge),
      ...options,
    });
    this.#clients.push(client);
    await client.connect();
    return client;
  }

  /** A REST call as this user, to the first running edge. */
  request(method: string, path: string, user = adminUserId): Promise<Response> {
    const [port] = this.ports();
    const headers = { authorization: `Bearer ${mintToken(user)}` };
    return fetch(`http://127.0.0.1:${port}${path}`, { method, headers, signal: AbortSignal.timeout(20_000) });
  }

  /** Restarts actor processes whenever they die, like a supervisor, until the system stops. */
  supervise(): void {
    for (const actor of this.actors) void this.#revive(actor);
  }

  /** Stops only what it started. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.allSettled(this.#clients.map((client) => client.close()));
    await Promise.all([...this.edges, ...this.actors, this.upstream].map((service) => service.destroy()));
    await this.proxy?.stop();
    await this.engines.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #stopping = false;

  async #revive(actor: Service): Promise<void> {
    while (!this.#stopping) {
      await actor.exit(2 ** 31 - 1);
      if (!this.#stopping) await actor.start().catch(() => undefined);
    }
  }
}

/** Starts engines, upstream, edges and actors; resolves when all are ready. */
export async function startSystem(options: SystemOptions = {}): Promise<System> {
  const folder = mkdtempSync(join(tmpdir(), "parley-system-"));
  const cwd = join(folder, "cwd");
  mkdirSync(cwd);
  const engines = options.engines ?? (await startEngines());
  const upstream = new Service({ name: "upstream", command: [upstreamProgram, "--port", "0"], env: {}, cwd });
  await upstream.start();
  const proxied = options.proxyMongo ? await MongoProxy.start(engines.mongodbUri) : undefined;
  const env = {
    NATS_URL: engines.natsUrl,
    MONGODB_URI: engines.mongodbUri,
    DATA_DIR: join(folder, "data"),
    PORT: "0",
    LOG_LEVEL: "debug",
    EXTRAS: "0",
    JWT_SECRET: testSecret,
    ENCRYPTION_KEY: "0".repeat(64),
    ADMIN_PASSWORD: "a password of the tests",
    OPENAI_BASE_URL: `http://127.0.0.1:${upstream.port}/v1`,
    OPENAI_API_KEY: "sk-test",
    OPENAI_MODEL: contextModel,
    ...options.env,
  };
  const edges = Array.from({ length: options.edges ?? 2 }, (_, index) => {
    return new Service({
      name: `edge ${index}`,
      command: options.edgeCommand ?? [...edgeNodeFlags, bin, "edge"],
      env,
      cwd,
    });
  });
  const actors = Array.from({ length: options.actors ?? 2 }, (_, index) => {
    const own = { ...env, ...(proxied && { MONGODB_URI: proxied.uri }), ...options.actorEnv?.(index) };
    return new Service({
      name: `actors ${index}`,
      command: options.actorCommand ?? [
        ...actorNodeFlags,
        bin,
        "actors",
        ...(options.actorRoles?.(index) ?? []),
      ],
      env: own,
      cwd,
    });
  });
  const system = new System({ engines, upstream, edges, actors, proxy: proxied?.proxy, folder });
  try {
    await Promise.all([...actors, ...edges].map((service) => service.start()));
  } catch (error) {
    await system.stop();
    throw error;
  }
  return system;
}

function at(services: readonly Service[], index: number): Service {
  const service = services[index];
  if (service === undefined) throw new RangeError(`no process ${index}`);
  return service;
}
