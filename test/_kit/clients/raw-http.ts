import { connect, type Socket } from "node:net";
import { within } from "../judge/waiting.ts";

/** A response; `status` 0 when the connection closed without one. */
export interface RawAnswer {
  status: number;
  text: string;
}

/** A connection on which a test writes a request byte by byte. Closed with the test. */
export class RawHttp {
  readonly #socket: Socket;
  #text = "";
  #changed: () => void = () => {};

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (part) => {
      this.#text += part.toString("latin1");
      this.#changed();
    });
    for (const event of ["close", "error"] as const) socket.on(event, () => this.#changed());
  }

  /** Connects to a port of 127.0.0.1. */
  static async open(t: { teardown(fn: () => void): void }, port: number): Promise<RawHttp> {
    const socket = connect(port, "127.0.0.1");
    t.teardown(() => void socket.destroy());
    await new Promise((resolve) => socket.once("connect", resolve));
    return new RawHttp(socket);
  }

  /** Writes bytes; resolves when the kernel has accepted all of them, or the connection is closed. */
  write(bytes: string | Buffer): Promise<void> {
    return new Promise((resolve) => this.#socket.write(bytes, () => resolve()));
  }

  /** Writes a POST of JSON with this body completely before reading the response, as many clients do. */
  async post(path: string, headers: Record<string, string>, body: Buffer): Promise<RawAnswer> {
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    await this.write(
      `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n${lines.join("")}\r\n`,
    );
    await this.write(body);
    return this.answer();
  }

  /** Resolves when the received text matches. */
  async until(pattern: RegExp, ms = 20_000): Promise<void> {
    const matched = new Promise<void>((resolve) => {
      this.#changed = () => {
        if (pattern.test(this.#text)) resolve();
      };
      this.#changed();
    });
    await within(matched, ms, String(pattern));
  }

  /** The response, once its head is complete. */
  async answer(ms = 20_000): Promise<RawAnswer> {
    const complete = new Promise<RawAnswer>((resolve) => {
      const look = () => {
        if (!this.#text.includes("\r\n\r\n") && !this.#socket.destroyed) return;
        resolve({ status: Number(/^HTTP\/1\.1 (\d{3})/.exec(this.#text)?.[1] ?? 0), text: this.#text });
      };
      this.#changed = look;
      look();
    });
    return within(complete, ms, "an answer");
  }
}
