import { connect, createServer, type Server, type Socket } from "node:net";

/** A load balancer in front of changing edges; it can close the connections through it. */
export class FrontDoor {
  readonly #server: Server;
  readonly #target: () => number | undefined;
  readonly #sockets = new Set<Socket>();

  private constructor(target: () => number | undefined) {
    this.#target = target;
    this.#server = createServer((client) => this.#join(client));
  }

  /** Starts one. `target` returns the port of a running edge; without one, connections are refused. */
  static async open(target: () => number | undefined): Promise<FrontDoor> {
    const door = new FrontDoor(target);
    await new Promise<void>((resolve) => door.#server.listen(0, "127.0.0.1", resolve));
    return door;
  }

  /** `http://127.0.0.1:port` */
  get url(): string {
    const address = this.#server.address();
    return typeof address === "object" ? `http://127.0.0.1:${address?.port}` : "";
  }

  /** Closes every open connection. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(client: Socket): void {
    const port = this.#target();
    if (port === undefined) {
      client.destroy();
      return;
    }
    const server = connect(port, "127.0.0.1");
    const close = () => {
      client.destroy();
      server.destroy();
    };
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.on("error", close);
      socket.on("close", () => {
        this.#sockets.delete(socket);
        close();
      });
    }
    client.pipe(server);
    server.pipe(client);
  }
}
