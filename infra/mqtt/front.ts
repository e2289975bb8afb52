import { createServer, connect as dial, type Server, type Socket } from "node:net";
import type { Logger } from "../log.ts";
import { readConnect } from "./connect-packet.ts";

/** How long a connection may take until its CONNECT is there. */
const connectMs = 10_000;
const longestConnect = 2 * 1024 * 1024;

/** Where the front listens, and nats-server's own MQTT listener behind it. */
export interface FrontPorts {
  port: number;
  behind: number;
}

/**
 * Stands before nats-server's MQTT listener: it reads the CONNECT of each connection, makes its client id the user's
 * own, and from then on hands bytes through in both directions.
 */
export class MqttFront {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
  }

  /** Listens on 127.0.0.1. */
  static start({ port, behind }: FrontPorts, log: Logger): Promise<MqttFront> {
    const server = createServer({ noDelay: true, pauseOnConnect: false });
    const front = new MqttFront(server);
    server.on("connection", (socket) => front.#accept(socket, behind, log));
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, "127.0.0.1", () => resolve(front));
    });
  }

  /** Ends all connections. */
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
      this.#join(socket, behind, [first.packet, received.subarray(first.bytes)], log);
    };
    socket.on("data", take);
  }

  #join(socket: Socket, behind: number, first: readonly Buffer[], log: Logger): void {
    const server = dial({ port: behind, host: "127.0.0.1", noDelay: true });
    this.#sockets.add(server);
    server.on("error", (err) => log.debug({ err }, "MQTT listener not reachable"));
    for (const bytes of first) if (bytes.length > 0) server.write(bytes);
    socket.pipe(server);
    server.pipe(socket);
    // A broken connection must be broken on the other side, not ended: only then the last will is spoken.
    server.on("close", () => {
      this.#sockets.delete(server);
      socket.destroy();
    });
    socket.on("close", (failed) => (failed ? server.resetAndDestroy() : server.destroy()));
  }
}
