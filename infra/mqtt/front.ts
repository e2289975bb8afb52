import { createServer, connect as dial, type Server, type Socket } from "node:net";
import type { Logger } from "../log.ts";
import { readConnect } from "./connect-packet.ts";
import { type Published, PublishScanner } from "./publish-scanner.ts";

/** Timeout for the CONNECT of a connection. */
const connectMs = 10_000;
const longestConnect = 2 * 1024 * 1024;
/** First byte of a CONNACK; its fourth is the return code. */
const connackType = 0x20;

/** Address of the front, and of nats-server's own MQTT listener behind it. */
export interface FrontPorts {
  port: number;
  behind: number;
}

/** Receives what authenticated clients publish. */
export type OnPublished = (user: string, published: Published) => void;

/**
 * A proxy in front of nats-server's MQTT listener: it reads the CONNECT of each connection, scopes its client
 * id to the user, and then forwards bytes in both directions.
 */
export class MqttFront {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #onPublished: OnPublished;

  private constructor(server: Server, onPublished: OnPublished) {
    this.#server = server;
    this.#onPublished = onPublished;
  }

  /** Listens on 127.0.0.1. */
  static start({ port, behind }: FrontPorts, log: Logger, onPublished: OnPublished): Promise<MqttFront> {
    const server = createServer({ noDelay: true, pauseOnConnect: false });
    const front = new MqttFront(server, onPublished);
    server.on("connection", (socket) => front.#accept(socket, behind, log));
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, "127.0.0.1", () => resolve(front));
    });
  }

  /** Closes all connections. */
  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #accept(socket: Socket, behind: number, log: Logger): void {
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
    socket.on("error", (err) => log.debug({ err }, "MQTT connection failed"));
    socket.setTimeout(connectMs, () => socket.destroy());
    let received = Buffer.alloc(0);
    const take = (bytes: Buffer): void => {
      received = Buffer.concat([received, bytes]);
      const first = readConnect(received);
      if (first.kind === "partial" && received.length < longestConnect) return;
      socket.off("data", take);
      if (first.kind !== "connect") {
        socket.destroy();
        return;
      }
      socket.setTimeout(0);
      socket.pause();
      const server = this.#join(socket, behind, [first.packet, received.subarray(first.bytes)], log);
      this.#hear(socket, server, first.user);
    };
    socket.on("data", take);
  }

  /** Scans what a client publishes, once the server has accepted it. */
  #hear(socket: Socket, server: Socket, user: string): void {
    server.once("data", (answer: Buffer) => {
      const isIn = answer[0] === connackType && answer[3] === 0;
      if (!isIn || user === "") return;
      const scanner = new PublishScanner();
      socket.on("data", (bytes: Buffer) => {
        for (const published of scanner.scan(bytes)) this.#onPublished(user, published);
      });
    });
  }

  #join(socket: Socket, behind: number, first: readonly Buffer[], log: Logger): Socket {
    const server = dial({ port: behind, host: "127.0.0.1", noDelay: true });
    this.#sockets.add(server);
    server.on("error", (err) => log.debug({ err }, "MQTT listener unreachable"));
    for (const bytes of first) if (bytes.length > 0) server.write(bytes);
    socket.pipe(server);
    server.pipe(socket);
    // An aborted connection must be aborted on the other side, not ended: only then is the last will
    // published.
    server.on("close", () => {
      this.#sockets.delete(server);
      socket.destroy();
    });
    socket.on("close", (failed) => (failed ? server.resetAndDestroy() : server.destroy()));
    return server;
  }
}
