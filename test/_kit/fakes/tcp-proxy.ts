import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** Direction of bytes: from the client, or to it. */
export type Direction = "forth" | "back";

/**
 * Proxies TCP connections to a port; each direction can be held: bytes are buffered, and neither side
 * notices.
 */
export class TcpProxy {
  readonly port: number;
  readonly #server: Server;
  readonly #pairs = new Set<Record<Direction, Socket>>();
  readonly #held = new Set<Direction>();

  private constructor(server: Server) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
  }

  /** Listens on a free port of 127.0.0.1. */
  static start(target: () => number): Promise<TcpProxy> {
    return new Promise((resolve, reject) => {
      let proxy: TcpProxy | undefined;
      const server = createServer((forth) => {
        if (proxy !== undefined) proxy.#join(forth, connect(target(), "127.0.0.1"));
      });
      server.once("error", reject);
      server.listen(0, "127.0.0.1", () => {
        proxy = new TcpProxy(server);
        resolve(proxy);
      });
    });
  }

  /** Holds a direction's bytes. */
  hold(direction: Direction): void {
    this.#held.add(direction);
    for (const pair of this.#pairs) pair[direction].pause();
  }

  /** Releases all held bytes. */
  release(): void {
    this.#held.clear();
    for (const pair of this.#pairs) for (const socket of Object.values(pair)) socket.resume();
  }

  async stop(): Promise<void> {
    for (const pair of this.#pairs) for (const socket of Object.values(pair)) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(forth: Socket, back: Socket): void {
    const pair = { forth, back };
    this.#pairs.add(pair);
    const end = () => {
      this.#pairs.delete(pair);
      forth.destroy();
      back.destroy();
    };
    for (const [from, to, direction] of [
      [forth, back, "forth"],
      [back, forth, "back"],
    ] as const) {
      from.on("data", (bytes) => to.write(bytes));
      from.on("error", end);
      from.on("close", end);
      if (this.#held.has(direction)) from.pause();
    }
  }
}
