import type { ExecutionContext } from "ava";
import WebSocket, { type ClientOptions } from "ws";
import { Watch } from "../judge/waiting.ts";

/** A frame of any type, as received. */
// biome-ignore lint/suspicious/noExplicitAny: a test reads fields of any protocol
export type AnyFrame = Record<string, any>;

/** A WebSocket that records every frame. */
export class WireSocket {
  readonly frames: AnyFrame[] = [];
  /** `system_info` frames of the edge itself. */
  readonly notices: AnyFrame[] = [];
  readonly ws: WebSocket;
  /** Code and reason, once it is closed. */
  closed: { code: number; reason: string } | undefined;
  /** Status and body of a refused upgrade. */
  refused: { status: number; body: AnyFrame } | undefined;
  readonly #watch = new Watch();

  private constructor(url: string, options: ClientOptions) {
    this.ws = new WebSocket(url, { perMessageDeflate: false, ...options });
    this.ws.on("message", (data) => {
      const frame = JSON.parse(String(data)) as AnyFrame;
      // Frames on the edge's own state are not part of the user's stream.
      const own = frame.type === "system_info" && frame.seq === undefined;
      (own ? this.notices : this.frames).push(frame);
      this.#watch.changed();
    });
    this.ws.on("open", () => this.#watch.changed());
    this.ws.on("error", () => {});
    this.ws.on("unexpected-response", (_, res) => {
      let text = "";
      res.on("data", (part: Buffer) => (text += String(part)));
      res.on("end", () => {
        this.refused = { status: res.statusCode ?? 0, body: JSON.parse(text) as AnyFrame };
        this.#watch.changed();
      });
    });
    this.ws.on("close", (code, reason) => {
      this.closed = { code, reason: String(reason) };
      this.#watch.changed();
    });
  }

  /** Opens one at `path` of a port; terminated with the test. Resolves when it is open or refused. */
  static async open(
    t: Pick<ExecutionContext, "teardown">,
    port: number,
    path: string,
    options: ClientOptions = {},
  ): Promise<WireSocket> {
    const socket = new WireSocket(`ws://127.0.0.1:${port}${path}`, options);
    t.teardown(() => socket.ws.terminate());
    await socket.until(
      () => socket.ws.readyState === WebSocket.OPEN || socket.refused,
      `open ${path.slice(0, 12)}`,
    );
    return socket;
  }

  send(frame: unknown): void {
    this.ws.send(typeof frame === "string" ? frame : JSON.stringify(frame));
  }

  until<T>(look: () => T | undefined | false, what: string, ms = 10_000): Promise<T> {
    return this.#watch.until(look, ms, what);
  }

  /** The first frame, past ones included, that has these fields. */
  frame(fields: AnyFrame): Promise<AnyFrame> {
    const fits = (frame: AnyFrame) => Object.entries(fields).every(([key, value]) => frame[key] === value);
    return this.until(() => this.frames.find(fits), JSON.stringify(fields));
  }

  /** Closes it without a closing handshake. */
  async cut(): Promise<void> {
    this.ws.terminate();
    await this.until(() => this.closed, "closed");
  }
}
