import { connect, type NatsConnection } from "nats";
import type { Logger } from "../log.ts";

export type { NatsConnection };

/** Where and as whom to connect: `url` is one or more `nats://user:password@host:port`, separated by commas. */
export interface NatsOptions {
  url: string;
  /** Shown in the server's connection list. */
  name: string;
  log: Logger;
  /** Time for the first connection, ms. */
  connectMs?: number;
}

/**
 * Connects and stays connected: it reconnects for ever, every 100 to 250 ms.
 * @throws Error when the first connection does not succeed within `connectMs` (30 s), or credentials are refused.
 */
export async function connectNats({
  url,
  name,
  log,
  connectMs = 30_000,
}: NatsOptions): Promise<NatsConnection> {
  const urls = url.split(",").map((one) => new URL(one.trim()));
  const { username, password } = urls[0] ?? { username: "", password: "" };
  const deadline = Date.now() + connectMs;
  for (;;) {
    try {
      const connection = await connect({
        servers: urls.map((one) => `${one.hostname}:${one.port || 4222}`),
        ...(urls.some((one) => one.protocol === "tls:") && { tls: {} }),
        ...(username && { user: decodeURIComponent(username), pass: decodeURIComponent(password) }),
        name,
        maxReconnectAttempts: -1,
        reconnectTimeWait: 100,
        reconnectJitter: 150,
        reconnectJitterTLS: 150,
        ignoreAuthErrorAbort: true,
        pingInterval: 10_000,
        timeout: 5_000,
      });
      void report(connection, name, log);
      return connection;
    } catch (err) {
      if (Date.now() > deadline || (err instanceof Error && err.name === "AuthorizationError")) throw err;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

async function report(connection: NatsConnection, name: string, log: Logger): Promise<void> {
  for await (const status of connection.status()) {
    if (status.type === "disconnect") log.warn({ connection: name }, "nats disconnected");
    if (status.type === "reconnect") log.info({ connection: name }, "nats reconnected");
    if (status.type === "error") log.warn({ connection: name, err: status.error }, "nats error");
  }
}
