import { type ConnectionOptions, connect, type NatsConnection } from "nats";
import type { Logger } from "../log.ts";
import { SettingsError } from "../settings-error.ts";

export type { NatsConnection };

/** Address and credentials: `url` is one or more `nats://user:password@host:port`, separated by commas. */
export interface NatsOptions {
  url: string;
  /** Shown in the server's connection list. */
  name: string;
  log: Logger;
  /** Timeout of the first connection, ms. */
  connectMs?: number;
}

const retryMs = 200;
const reportEveryMs = 5_000;

/**
 * Connects, and reconnects without limit, every 100 to 250 ms.
 * @throws SettingsError when authentication fails; Error when the first connection does not succeed within
 * `connectMs` (30 s)
 */
export async function connectNats({
  url,
  name,
  log,
  connectMs = 30_000,
}: NatsOptions): Promise<NatsConnection> {
  const options = optionsOf(url, name);
  const servers = hostsOf(url).join(", ");
  const deadline = performance.now() + connectMs;
  for (let reportAt = performance.now() + reportEveryMs; ; ) {
    try {
      // In a cluster the client's initial reconnect mode treats authentication errors as transient and never
      // ends.
      const probe = await connect({ ...options, reconnect: false, ignoreClusterUpdates: true });
      await probe.close();
      const connection = await connect({ ...options, maxReconnectAttempts: -1, ignoreAuthErrorAbort: true });
      void report(connection, name, log);
      return connection;
    } catch (err) {
      if (isRefused(err))
        throw new SettingsError(
          `NATS at ${servers} refuses the user "${options.user ?? ""}": check user and password in NATS_URL; "parley nats-config" prints the accounts that a nats-server needs`,
        );
      if (performance.now() > deadline)
        throw new Error(`NATS at ${servers} does not answer: start it, or correct NATS_URL`, { cause: err });
      if (performance.now() > reportAt) {
        reportAt = performance.now() + reportEveryMs;
        log.warn({ err, connection: name, servers }, "waiting for NATS: start it, or correct NATS_URL");
      }
      await new Promise((resolve) => setTimeout(resolve, retryMs));
    }
  }
}

/** Hosts and ports of `NATS_URL`, without credentials. */
export function hostsOf(url: string): string[] {
  return url.split(",").map((one) => {
    const { hostname, port } = new URL(one.trim());
    return `${hostname}:${port || 4222}`;
  });
}

function optionsOf(url: string, name: string): ConnectionOptions {
  const urls = url.split(",").map((one) => new URL(one.trim()));
  const { username, password } = urls[0] ?? { username: "", password: "" };
  return {
    servers: hostsOf(url),
    ...(urls.some((one) => one.protocol === "tls:") && { tls: {} }),
    ...(username && { user: decodeURIComponent(username), pass: decodeURIComponent(password) }),
    name,
    reconnectTimeWait: 100,
    reconnectJitter: 150,
    reconnectJitterTLS: 150,
    pingInterval: 10_000,
    timeout: 5_000,
  };
}

function isRefused(err: unknown): boolean {
  return err instanceof Error && err.name === "AuthorizationError";
}

async function report(connection: NatsConnection, name: string, log: Logger): Promise<void> {
  for await (const status of connection.status()) {
    if (status.type === "disconnect") log.warn({ connection: name }, "NATS disconnected");
    if (status.type === "reconnect") log.info({ connection: name }, "NATS reconnected");
    if (status.type === "error") log.warn({ connection: name, err: status.error }, "NATS connection error");
  }
}
