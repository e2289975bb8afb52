import { createServer, type Server, type Socket, connect as tcpConnect } from "node:net";
import { within } from "../judge/waiting.ts";

const headerBytes = 16;

/**
 * A reply to drop: the first to a request that contains all of these texts, for instance a command and a
 * collection.
 */
interface Cut {
  texts: readonly string[];
  done: () => void;
}

/**
 * A TCP proxy in front of mongod that can drop a reply: the write succeeds, but its response never arrives.
 */
export class MongoProxy {
  #server: Server;
  #sockets = new Set<Socket>();
  #cuts: Cut[] = [];

  private constructor(host: string, port: number) {
    this.#server = createServer((client) => this.#join(client, tcpConnect(port, host)));
  }

  /** Starts a proxy in front of the server of this URI. */
  static async start(uri: string): Promise<{ proxy: MongoProxy; uri: string }> {
    const [, head = "", host = "", port = "", tail = ""] =
      /^(mongodb:\/\/(?:[^@/]*@)?)([^:/@,]+):(\d+)(.*)$/.exec(uri) ?? [];
    const proxy = new MongoProxy(host, Number(port));
    await new Promise<void>((resolve) => proxy.#server.listen(0, "127.0.0.1", resolve));
    const address = proxy.#server.address();
    if (address === null || typeof address === "string") throw new Error("the proxy has no port");
    // A direct connection: a client that discovers the replica set's members would bypass the proxy.
    const options = tail.replace(/replicaSet=[^&]*&?/, "").replace(/[?&]$/, "");
    const direct = `${options}${options.includes("?") ? "&" : "?"}directConnection=true`;
    return { proxy, uri: `${head}127.0.0.1:${address.port}${direct.startsWith("/") ? "" : "/"}${direct}` };
  }

  /** Drops the next reply to a matching request and closes that connection; resolves when done. */
  cutReply(texts: readonly string[], ms: number): Promise<void> {
    const done = new Promise<void>((resolve) => this.#cuts.push({ texts, done: resolve }));
    return within(done, ms, `a request with ${texts.join(" and ")}`);
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(client: Socket, server: Socket): void {
    const lost = new Map<number, Cut>();
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
    onMessages(client, (message) => {
      const cut = this.#cuts.find(({ texts }) => texts.every((text) => message.includes(text)));
      if (cut !== undefined) {
        this.#cuts.splice(this.#cuts.indexOf(cut), 1);
        lost.set(message.readInt32LE(4), cut);
      }
      server.write(message);
    });
    onMessages(server, (message) => {
      const cut = lost.get(message.readInt32LE(8));
      if (cut === undefined) {
        client.write(message);
        return;
      }
      close();
      cut.done();
    });
  }
}

/** Calls `take` with each complete message of MongoDB's wire protocol. */
function onMessages(socket: Socket, take: (message: Buffer) => void): void {
  let pending: Buffer = Buffer.alloc(0);
  socket.on("data", (bytes: Buffer) => {
    pending = pending.length === 0 ? bytes : Buffer.concat([pending, bytes]);
    while (pending.length >= headerBytes && pending.length >= pending.readInt32LE(0)) {
      const length = pending.readInt32LE(0);
      take(pending.subarray(0, length));
      pending = pending.subarray(length);
    }
  });
}
