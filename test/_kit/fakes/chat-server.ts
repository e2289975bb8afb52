import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import { Watch } from "../judge/waiting.ts";

type Json = Record<string, unknown>;

/** A `/ws/chat` server scripted by a test. */
export class ChatServer {
  readonly #server: Server;
  readonly #sockets = new WebSocketServer({ noServer: true });
  readonly #watch = new Watch();
  /** URLs of the upgrades, including queries. */
  readonly upgrades: URL[] = [];
  /** Requests as `METHOD path`. */
  readonly requests: string[] = [];
  /** Frames of the client, across all connections. */
  readonly frames: Json[] = [];
  /** Responses to REST requests by `METHOD path`; others get 404. A number is a status. */
  answers: Record<string, unknown> = {};
  /** Status of a rejected upgrade. */
  refuses: number | undefined;
  /** The open connection. */
  socket: WebSocket | undefined;
  seq = 0;

  private constructor() {
    this.#server = createServer((request, response) => {
      const { pathname } = new URL(request.url ?? "/", "http://127.0.0.1");
      const name = `${request.method} ${pathname}`;
      this.requests.push(name);
      request.resume().on("end", () => reply(response, this.answers[name] ?? 404));
      this.#watch.changed();
    });
    this.#server.on("upgrade", (request, raw, head) => {
      this.upgrades.push(new URL(request.url ?? "/", "http://127.0.0.1"));
      if (this.refuses !== undefined) {
        raw.end(`HTTP/1.1 ${this.refuses} Refused\r\nConnection: close\r\n\r\n`);
        this.#watch.changed();
        return;
      }
      this.#sockets.handleUpgrade(request, raw, head, (socket) => this.#joined(socket));
    });
  }

  static async start(): Promise<ChatServer> {
    const server = new ChatServer();
    await new Promise<void>((resolve) => server.#server.listen(0, "127.0.0.1", resolve));
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Starts a connection's stream at its current position. */
  connected(recovered = false): void {
    this.push({ type: "connected", session_id: "s", epoch: "1", seq: this.seq, recovered, timestamp: 1 });
  }

  /** Sends a stream frame with the next `seq`. */
  stream(frame: Json): void {
    const prev = this.seq;
    this.seq += 1;
    this.push({ session_id: "s", timestamp: this.seq, ...frame, seq: this.seq, prev });
  }

  /** Sends a frame unchanged. */
  push(frame: Json): void {
    this.socket?.send(JSON.stringify(frame));
  }

  /** Waits until `look` returns a value. */
  until<T>(look: () => T | undefined | false, what: string): Promise<T> {
    return this.#watch.until(look, 10_000, what);
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #joined(socket: WebSocket): void {
    this.socket = socket;
    socket.on("message", (data) => {
      this.frames.push(JSON.parse(String(data)) as Json);
      this.#watch.changed();
    });
    this.#watch.changed();
  }
}

function reply(response: ServerResponse, answer: unknown): void {
  const status = typeof answer === "number" ? answer : 200;
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(typeof answer === "number" ? { error: "no", errorType: "scripted" } : answer));
}
