import { Backoff } from "./backoff.ts";
import { Chain, type Frame } from "./frames.ts";
import { finalCloseCodes } from "./gen/tables.ts";
import { RequestError } from "./request-error.ts";

/** The part of the standard WebSocket that is used; `ws` on Node has it too. */
export interface Socket {
  readonly readyState: number;
  readonly bufferedAmount: number;
  send(data: string): void;
  close(code?: number): void;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
}

/** Makes a {@link Socket}. */
export type SocketConstructor = new (url: string) => Socket;

/**
 * State of the connection. `waiting`: the next attempt is at `retryAt` (Unix ms). `signed_out`: the user must
 * sign in again. `refused`: the server rejects this client; retried once a minute.
 */
export interface ConnectionStatus {
  state: "offline" | "connecting" | "online" | "waiting" | "signed_out" | "refused";
  retryAt?: number;
  error?: RequestError;
}

/** Constructor options of a connection. */
export interface ConnectionOptions {
  socket: SocketConstructor;
  /** URL of the next connection; `resume` is the last position. */
  address(resume: string | undefined): Promise<string>;
  onFrame(frame: Frame): void;
  /** Frames were lost: state derived from frames must be reloaded. */
  onLost(): void;
  /** The connection is ready: `connected` has arrived. */
  onReady(): void;
  onStatus(status: ConnectionStatus): void;
}

const open = 1;
/** Idle time after which the server is pinged; it must answer within `answerMs`. */
const quietMs = 25_000;
const answerMs = 10_000;
const handshakeMs = 20_000;
const refusedMs = 60_000;
/** Consecutive rejected upgrades, while the rest of the API answers, before the state is `refused`. */
const refusals = 3;

/** Maintains one `/ws/chat` connection: connects, detects failures, reconnects and resumes. */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #chain = new Chain();
  readonly #backoff = new Backoff(400, 20_000);
  #socket: Socket | undefined;
  #status: ConnectionStatus = { state: "offline" };
  #timer: ReturnType<typeof setTimeout> | undefined;
  #watch: ReturnType<typeof setTimeout> | undefined;
  #wanted = false;
  #refused = 0;
  /** Attempt counter: events of an earlier attempt are ignored. */
  #attempt = 0;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  get status(): ConnectionStatus {
    return this.#status;
  }

  get online(): boolean {
    return this.#status.state === "online";
  }

  /** Buffered bytes to send. */
  get buffered(): number {
    return this.#socket?.bufferedAmount ?? 0;
  }

  /** Connects, and reconnects until {@link stop}. Skips the wait for the next attempt. */
  start(): void {
    this.#wanted = true;
    if (this.#socket !== undefined || this.#status.state === "connecting") return;
    clearTimeout(this.#timer);
    void this.#open();
  }

  /** Closes it permanently. */
  stop(): void {
    this.#wanted = false;
    this.#attempt += 1;
    this.#drop();
    clearTimeout(this.#timer);
    this.#set({ state: "offline" });
  }

  /** Sends a frame; false when there is no connection. */
  send(frame: object): boolean {
    if (!this.online || this.#socket?.readyState !== open) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  /** Drops the connection like a network failure; it reconnects. */
  cut(): void {
    if (this.#socket === undefined) return;
    this.#drop();
    this.#later();
  }

  async #open(): Promise<void> {
    const attempt = ++this.#attempt;
    this.#set({ state: "connecting" });
    const { at } = this.#chain;
    let socket: Socket;
    try {
      const url = await this.#options.address(at && `${at.epoch}-${at.seq}`);
      if (attempt !== this.#attempt) return;
      socket = new this.#options.socket(url);
    } catch (error) {
      if (attempt === this.#attempt) this.#failed(error);
      return;
    }
    this.#socket = socket;
    this.#expect(handshakeMs);
    socket.onopen = () => {};
    socket.onerror = () => {};
    socket.onmessage = ({ data }: { data: unknown }) => {
      if (socket === this.#socket) this.#received(String(data));
    };
    socket.onclose = ({ code, reason }: { code: number; reason: unknown }) => {
      if (socket === this.#socket) this.#closed(code, String(reason ?? ""));
    };
  }

  #received(text: string): void {
    this.#expect(quietMs);
    let frame: Frame;
    try {
      frame = JSON.parse(text) as Frame;
    } catch {
      return;
    }
    const whole = this.#chain.take(frame);
    if (!whole) this.#options.onLost();
    if (frame.type === "connected" && !this.online) {
      this.#refused = 0;
      this.#backoff.reset();
      this.#set({ state: "online" });
      this.#options.onFrame(frame);
      this.#options.onReady();
    } else this.#options.onFrame(frame);
  }

  #closed(code: number, reason: string): void {
    const opened = this.online;
    this.#drop();
    if (code === 4401) {
      // The token may have expired; only a second rejection means that the user must sign in again.
      this.#later();
    } else if (finalCloseCodes.includes(code)) {
      this.#wanted = false;
      const error = new RequestError(reason, { status: 400, errorType: reason || "closed" });
      this.#set({ state: "refused", error });
    } else {
      this.#refused = opened ? 0 : this.#refused + 1;
      this.#later();
    }
  }

  #failed(error: unknown): void {
    const known = error instanceof RequestError ? error : RequestError.unreachable(error);
    this.#refused = 0;
    if (known.status === 401) {
      this.#wanted = false;
      this.#set({ state: "signed_out", error: known });
    } else if (known.status === 403) this.#retryAfter(refusedMs, "refused", known);
    else this.#retryAfter(this.#backoff.next(known.retryAfterMs), "waiting", known);
  }

  #later(): void {
    if (!this.#wanted) return;
    if (this.#refused >= refusals) {
      const error = new RequestError("The server refuses this connection", {
        status: 403,
        errorType: "upgrade_refused",
      });
      this.#retryAfter(refusedMs, "refused", error);
    } else this.#retryAfter(this.#backoff.next(), "waiting");
  }

  #retryAfter(ms: number, state: "waiting" | "refused", error?: RequestError): void {
    this.#set({ state, retryAt: Date.now() + ms, ...(error && { error }) });
    this.#timer = setTimeout(() => void this.#open(), ms);
  }

  #drop(): void {
    clearTimeout(this.#watch);
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close();
  }

  /** Detects a dead connection by its silence. */
  #expect(ms: number): void {
    clearTimeout(this.#watch);
    this.#watch = setTimeout(() => {
      if (!this.send({ type: "ping" })) return this.cut();
      this.#watch = setTimeout(() => this.cut(), answerMs);
    }, ms);
  }

  #set(status: ConnectionStatus): void {
    this.#status = status;
    this.#options.onStatus(status);
  }
}
