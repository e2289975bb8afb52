import { connect, type Socket } from "node:net";

/** Called for each data frame: its payload is `length` bytes of `bytes` from `start`, valid until the call returns. */
export type OnFrame = (bytes: Buffer, start: number, length: number) => void;

/** Where to connect, and what to do with what comes. */
export interface FrameSocketOptions {
  port: number;
  path: string;
  onFrame: OnFrame;
  /** Called once, when the connection has ended for whatever reason. */
  onClose?: () => void;
}

interface Opening {
  resolve: (socket: FrameSocket) => void;
  reject: (error: Error) => void;
}

const headEnd = "\r\n\r\n";
const opText = 1;
const opClose = 8;
const opPing = 9;
const opPong = 10;
const openMs = 20_000;

// All sockets read into one buffer: libuv fills it and calls back before it reads for anybody else. Thousands of
// buffers, and the copies out of them, would make the client dearer than the servers it measures.
const readBuffer = Buffer.allocUnsafe(256 * 1024);

/**
 * A WebSocket client that only finds the borders of frames (RFC 6455, 5.2): no object, no text and no event a frame.
 * It answers pings, and takes neither fragments nor extensions, which the servers under test never send.
 */
export class FrameSocket {
  readonly #socket: Socket;
  readonly #options: FrameSocketOptions;
  #opened: Opening | undefined;
  /** What was read of a frame that is not whole yet. */
  #rest: Buffer | undefined;
  #corked = false;

  private constructor(options: FrameSocketOptions, opened: Opening) {
    this.#options = options;
    this.#opened = opened;
    this.#socket = connect({
      host: "127.0.0.1",
      port: options.port,
      noDelay: true,
      onread: {
        buffer: readBuffer,
        callback: (count, bytes) => {
          this.#read(count, bytes as Buffer);
          return true;
        },
      },
    });
    this.#socket.on("error", (error) => this.#fail(error));
    this.#socket.on("close", () => {
      this.#fail(new Error("closed before it was open"));
      options.onClose?.();
    });
    this.#socket.write(
      `GET ${options.path} HTTP/1.1\r\nHost: 127.0.0.1:${options.port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
    );
  }

  /** A socket whose upgrade was answered with 101. @throws Error with the status line otherwise */
  static open(options: FrameSocketOptions): Promise<FrameSocket> {
    return new Promise((resolve, reject) => {
      const socket: FrameSocket = new FrameSocket(options, { resolve, reject });
      setTimeout(() => socket.#fail(new Error("no answer to the upgrade")), openMs).unref();
    });
  }

  /** Sends a text frame; those of one event-loop turn leave in one write. */
  send(text: string): void {
    this.#write(opText, Buffer.from(text));
  }

  /** Cuts the connection; a reset leaves no port in TIME_WAIT. */
  destroy(): void {
    this.#socket.resetAndDestroy();
  }

  #write(opcode: number, payload: Buffer): void {
    const long = payload.length > 125;
    // A mask of zeros is a mask, and leaves the payload as it is.
    const head = Buffer.alloc(long ? 8 : 6);
    head[0] = 0x80 | opcode;
    head[1] = 0x80 | (long ? 126 : payload.length);
    if (long) head.writeUInt16BE(payload.length, 2);
    if (!this.#corked) {
      this.#corked = true;
      this.#socket.cork();
      setImmediate(() => {
        this.#corked = false;
        this.#socket.uncork();
      });
    }
    this.#socket.write(Buffer.concat([head, payload]));
  }

  #fail(error: Error): void {
    this.#opened?.reject(error);
    if (this.#opened !== undefined) this.#socket.destroy();
    this.#opened = undefined;
  }

  #read(count: number, shared: Buffer): void {
    let bytes = shared.subarray(0, count);
    if (this.#rest !== undefined) {
      bytes = Buffer.concat([this.#rest, bytes]);
      this.#rest = undefined;
    }
    const from = this.#opened === undefined ? 0 : this.#answered(bytes);
    const end = from < 0 ? 0 : this.#frames(bytes, from);
    // The shared buffer is filled again: what is left of it has to be copied.
    if (end < bytes.length) this.#rest = Buffer.from(bytes.subarray(end));
  }

  /** Where the frames begin; -1 while the answer to the upgrade is not whole. */
  #answered(bytes: Buffer): number {
    const end = bytes.indexOf(headEnd);
    if (end < 0) return -1;
    const opened = this.#opened;
    if (!bytes.subarray(0, 12).toString().endsWith(" 101")) {
      this.#fail(new Error(`upgrade refused: ${bytes.subarray(0, 400).toString()}`));
      return bytes.length;
    }
    this.#opened = undefined;
    opened?.resolve(this);
    return end + headEnd.length;
  }

  /** Hands over the whole frames from `at` on; returns where the first one begins that is not whole. */
  #frames(bytes: Buffer, from: number): number {
    let at = from;
    while (bytes.length - at >= 2) {
      const opcode = (bytes[at] as number) & 15;
      const short = (bytes[at + 1] as number) & 127;
      const head = short < 126 ? 2 : short === 126 ? 4 : 10;
      if (bytes.length - at < head) return at;
      const length =
        short < 126
          ? short
          : short === 126
            ? bytes.readUInt16BE(at + 2)
            : Number(bytes.readBigUInt64BE(at + 2));
      const start = at + head;
      if (bytes.length - start < length) return at;
      if (opcode < opClose) this.#options.onFrame(bytes, start, length);
      else if (opcode === opPing) this.#write(opPong, Buffer.from(bytes.subarray(start, start + length)));
      else if (opcode === opClose) this.#socket.end();
      at = start + length;
    }
    return at;
  }
}

/** Opens `count` sockets, a few at a time: a listen queue is short. */
export async function openMany(
  count: number,
  options: (index: number) => FrameSocketOptions,
): Promise<FrameSocket[]> {
  const sockets: FrameSocket[] = new Array(count);
  let next = 0;
  const opener = async () => {
    while (next < count) {
      const index = next++;
      sockets[index] = await FrameSocket.open(options(index));
    }
  };
  await Promise.all(Array.from({ length: 64 }, opener));
  return sockets;
}
