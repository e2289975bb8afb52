import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { connect } from "nats";
import { natsConfig, defaultUser as user } from "../nats/server-config.ts";
import type { EngineDefinition } from "./engine.ts";

/** Options of the embedded nats-server. */
export interface NatsServerOptions {
  program: string;
  dataDir: string;
  natsPort: number;
  /** Port of the MQTT front, where devices connect. */
  mqttPort: number;
  /** Port of nats-server's own MQTT listener, behind the front. */
  mqttBehind: number;
  password: string;
  /** Additional top-level configuration, such as the `authorization` block of an auth callout. */
  extraConfig?: string;
}

/** The URL of the embedded nats-server for our own processes. */
export function natsServerUrl({
  natsPort,
  password,
}: Pick<NatsServerOptions, "natsPort" | "password">): string {
  return `nats://${user}:${encodeURIComponent(password)}@127.0.0.1:${natsPort}`;
}

/**
 * nats-server with JetStream and MQTT on 127.0.0.1, with password authentication. Writes its configuration.
 */
export function natsServer(options: NatsServerOptions): EngineDefinition {
  const { program, natsPort, mqttPort, mqttBehind } = options;
  const dataDir = resolve(options.dataDir);
  const configFile = join(dataDir, "nats-server.conf");
  mkdirSync(dataDir, { recursive: true });
  writeFileSync(configFile, configuration({ ...options, dataDir }), { mode: 0o600 });
  return {
    name: "nats-server",
    program,
    args: ["-c", configFile],
    mark: configFile,
    logFile: join(dataDir, "logs", "nats-server.log"),
    ports: { nats: natsPort, mqtt: mqttPort, mqttBehind },
    ping: async () => {
      const connection = await connect({
        servers: `127.0.0.1:${natsPort}`,
        user,
        pass: options.password,
        reconnect: false,
        timeout: 2_000,
      });
      await connection.close();
    },
  };
}

// sync_interval: acknowledged messages must survive a power failure, which the default (2 min) does not
// guarantee.
// Device logins use our own account: an MQTT topic is a subject of its client's account.
function configuration({
  dataDir,
  natsPort,
  mqttBehind,
  password,
  extraConfig = "",
}: NatsServerOptions): string {
  return `server_name: parley
listen: "127.0.0.1:${natsPort}"
max_payload: 1MB
max_connections: 65536
jetstream {
  store_dir: ${JSON.stringify(join(dataDir, "nats"))}
  max_memory_store: 1GB
  max_file_store: 1TB
  sync_interval: always
}
mqtt { listen: "127.0.0.1:${mqttBehind}" }
${natsConfig(password)}${extraConfig}
`;
}
