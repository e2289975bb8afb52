import { Connection, type ConnectionStatus, type SocketConstructor } from "./connection.ts";
import { type Frame, type FrameOf, type HistoryMessage, randomId } from "./frames.ts";
import { type DraftStorage, Outbox } from "./outbox.ts";
import { RequestError } from "./request-error.ts";
import { type Answer, type Api, createApi, type Request } from "./rest.ts";
import { Session } from "./session.ts";
import type { Approval } from "./session-state.ts";
import { type Identification, TokenSource } from "./token-source.ts";
import { type UploadedFile, type UploadOptions, upload } from "./upload.ts";
import { type Heard, speak, type VoiceOptions } from "./voice.ts";

/** Options of a client. */
export type ClientOptions = Identification & {
  /** URL of the server, including its path prefix, if any: `https://chat.example/parley`. */
  url: string;
  /** Id of this installation, stable across restarts. Letters, digits, `_` and `-`, at most 64. */
  clientId?: string;
  /** Shown on the user's other devices with messages from this one. */
  deviceName?: string;
  /** Stores unanswered messages across restarts, for example `localStorage`. */
  storage?: DraftStorage;
  /** The user's id: users who share a `storage` don't send each other's drafts. */
  user?: string;
  /** WebSocket implementation for platforms without one: Node.js 20 needs the package `ws`. */
  WebSocket?: SocketConstructor;
};

type Listener = (frame: Frame) => void;

/** Pause before asking a server without tickets for one again. */
const noTicketsMs = 600_000;

/** A client of one Parley server for one user. */
export class ParleyClient {
  /** A method for each REST endpoint. */
  readonly api: Api;
  readonly #base: URL;
  readonly #options: ClientOptions;
  readonly #tokens: TokenSource;
  readonly #connection: Connection;
  readonly #outbox: Outbox;
  readonly #sessions = new Map<string, Session>();
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #statusListeners = new Set<(status: ConnectionStatus) => void>();
  readonly #awake = () => this.#connection.status.state === "waiting" && this.#connection.start();
  #ticketsAgainAt = 0;

  constructor(options: ClientOptions) {
    const Socket = options.WebSocket ?? (globalThis as { WebSocket?: SocketConstructor }).WebSocket;
    if (Socket === undefined)
      throw new TypeError("This platform has no WebSocket: pass the option WebSocket");
    this.#options = options;
    this.#base = new URL(options.url.endsWith("/") ? options.url : `${options.url}/`);
    this.#tokens = new TokenSource(options, async (path, body) => {
      const response = await this.#fetch({ method: "POST", path, json: body }, undefined);
      return response.json();
    });
    this.api = createApi((request) => this.request(request));
    this.#connection = new Connection({
      socket: Socket,
      address: (resume) => this.#address(resume),
      onFrame: (frame) => this.#frame(frame),
      onLost: () => this.#lost(),
      onReady: () => this.#outbox.ready(),
      onStatus: (status) => {
        for (const listener of this.#statusListeners) listener(status);
      },
    });
    this.#outbox = new Outbox({
      send: (frame) => this.#connection.send(frame),
      onRefused: (draft, error) => this.#sessions.get(draft.session_id)?.refused(draft, error),
      storage: options.storage,
      owner: options.user ?? "",
    });
  }

  /** State of the connection. */
  get status(): ConnectionStatus {
    return this.#connection.status;
  }

  /** Connects and stays connected until {@link close}. Skips the wait for the next attempt. */
  connect(): void {
    for (const draft of this.#outbox.stored()) this.session(draft.session_id).resend(draft);
    this.#awakeListeners("addEventListener");
    this.#connection.start();
  }

  /** Closes the connection. Messages without an answer stay in `storage`. */
  close(): void {
    this.#awakeListeners("removeEventListener");
    this.#connection.stop();
    this.#outbox.stop();
    for (const session of this.#sessions.values()) session.close();
  }

  /** Closes the connection and revokes this login on the server. */
  async signOut(): Promise<void> {
    const { refreshToken } = this.#tokens;
    this.close();
    await this.api
      .logout({ body: refreshToken === undefined ? {} : { refresh_token: refreshToken } })
      .catch(() => {});
    this.#tokens.forget();
  }

  /** The store of a session, loaded from the server on the first call. An unknown id is a new session. */
  session(id: string = randomId("session_")): Session {
    const known = this.#sessions.get(id);
    if (known !== undefined) return known;
    const { clientId, deviceName } = this.#options;
    const session = new Session(id, {
      history: (of, page) => this.#history(of, page),
      approvals: (of) => this.#approvals(of),
      submit: (draft) => this.#outbox.add(draft),
      discard: (of, clientMsgId) => this.#outbox.discard(of, clientMsgId),
      send: (frame) => this.send(frame),
      clientInfo: {
        ...(clientId && { client_id: clientId }),
        ...(deviceName && { device_name: deviceName }),
      },
    });
    this.#sessions.set(id, session);
    void session.load();
    return session;
  }

  /** Releases the store of a session that is no longer shown. */
  release(id: string): void {
    this.#sessions.get(id)?.close();
    this.#sessions.delete(id);
  }

  /** Calls `listener` with every frame of a type, or with all frames. Returns an unsubscribe function. */
  on<Type extends Frame["type"]>(type: Type, listener: (frame: FrameOf<Type>) => void): () => void;
  on(type: "*", listener: Listener): () => void;
  on(type: string, listener: (frame: never) => void): () => void {
    const listeners = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, listeners.add(listener as Listener));
    return () => void listeners.delete(listener as Listener);
  }

  /** Calls `listener` whenever the connection state changes. Returns an unsubscribe function. */
  onStatus(listener: (status: ConnectionStatus) => void): () => void {
    this.#statusListeners.add(listener);
    return () => void this.#statusListeners.delete(listener);
  }

  /** Sends any frame, once. @throws RequestError while there is no connection */
  send(frame: object): void {
    if (!this.#connection.send(frame)) throw RequestError.unreachable(undefined);
  }

  /** Drops the connection without a close handshake, like a network failure. */
  cut(): void {
    this.#connection.cut();
  }

  /** Sends a REST request with the user's token, which is refreshed where needed. @throws RequestError */
  async request(request: Request): Promise<Response> {
    const token = request.path.startsWith("api/v1/auth/log") ? undefined : await this.#tokens.get();
    try {
      return await this.#fetch(request, token);
    } catch (error) {
      if (token === undefined || !(error instanceof RequestError) || error.status !== 401) throw error;
      return this.#fetch(request, await this.#tokens.renew(token));
    }
  }

  /** Downloads a file of the API, such as a thumbnail, by its path. @throws RequestError */
  async blob(path: string, signal?: AbortSignal): Promise<Blob> {
    return (await this.request({ method: "GET", path: path.replace(/^\//, ""), signal })).blob();
  }

  /** Uploads a file. @throws RequestError */
  async upload(body: Blob, options: UploadOptions = {}): Promise<UploadedFile> {
    const url = new URL("api/v1/files/upload", this.#base).href;
    const named = { filename: (body as { name?: string }).name ?? "file", ...options };
    return upload(url, await this.#tokens.get(), body, named);
  }

  /** Streams speech into a session; resolves with the recognised text. @throws RequestError */
  speak(sessionId: string, audio: AsyncIterable<Uint8Array>, options: VoiceOptions = {}): Promise<Heard> {
    const connection = this.#connection;
    const link = {
      send: (frame: object) => connection.send(frame),
      get buffered() {
        return connection.buffered;
      },
      listen: (listener: Listener) => this.on("*", listener),
      onCut: (listener: () => void) => this.onStatus(({ state }) => state !== "online" && listener()),
    };
    return speak(link, sessionId, audio, options);
  }

  #frame(frame: Frame): void {
    if (frame.type === "accepted") this.#outbox.accepted(frame.session_id, frame.client_msg_id);
    if (frame.type === "response" && frame.client_msg_id !== undefined)
      this.#outbox.accepted(frame.session_id, frame.client_msg_id);
    if (frame.type === "error" && !("seq" in frame)) this.#outbox.refused(frame);
    if (frame.type === "error" && "seq" in frame && frame.session_id && frame.client_msg_id)
      this.#outbox.accepted(frame.session_id, frame.client_msg_id);
    const of = "session_id" in frame ? frame.session_id : undefined;
    if (of !== undefined && frame.type !== "connected") this.#sessions.get(of)?.take(frame);
    for (const type of [frame.type, "*"])
      for (const listener of this.#listeners.get(type) ?? []) listener(frame);
  }

  #lost(): void {
    for (const session of this.#sessions.values()) session.lost();
  }

  async #history(id: string, page: { limit: number; before?: string }): Promise<Answer<"sessionMessages">> {
    try {
      return await this.api.sessionMessages({ params: { id }, query: page });
    } catch (error) {
      if (error instanceof RequestError && error.status === 404)
        return { messages: [] as HistoryMessage[], has_more: false };
      throw error;
    }
  }

  /** Reloads pending approvals after a page restart; if that fails, they arrive with their frames. */
  async #approvals(id: string): Promise<Approval[]> {
    const answer = await this.api.listApprovals().catch(() => undefined);
    return answer?.approvals.filter(({ session_id }) => session_id === id) ?? [];
  }

  async #address(resume: string | undefined): Promise<string> {
    const { clientId, deviceName } = this.#options;
    const url = new URL("ws/chat", this.#base);
    url.protocol = url.protocol.replace("http", "ws");
    const query = { token: await this.#ticket(), client_id: clientId, device_name: deviceName, resume };
    for (const [name, value] of Object.entries(query)) if (value) url.searchParams.set(name, value);
    return url.href;
  }

  /** Credential for a URL: a single-use ticket, or the token if the server has no tickets. */
  async #ticket(): Promise<string> {
    if (Date.now() >= this.#ticketsAgainAt) {
      try {
        const response = await this.request({ method: "POST", path: "api/v1/auth/ticket", json: {} });
        return ((await response.json()) as { ticket: string }).ticket;
      } catch (error) {
        if (!(error instanceof RequestError) || (error.status !== 404 && error.status !== 405)) throw error;
        this.#ticketsAgainAt = Date.now() + noTicketsMs;
      }
    }
    // Only a request distinguishes a rejected token from other failures: browsers hide the status of an
    // upgrade.
    await this.request({ method: "GET", path: "api/v1/profile" });
    return this.#tokens.get();
  }

  async #fetch(
    { method, path, json, body, headers, signal }: Request,
    token: string | undefined,
  ): Promise<Response> {
    const response = await fetch(new URL(path, this.#base), {
      method,
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(json !== undefined && { "content-type": "application/json" }),
        ...headers,
      },
      ...(json !== undefined ? { body: JSON.stringify(json) } : body !== undefined && { body }),
      ...(signal && { signal }),
    }).catch((cause: unknown) => {
      signal?.throwIfAborted();
      throw RequestError.unreachable(cause);
    });
    if (!response.ok) throw await RequestError.of(response);
    return response;
  }

  /** Reconnect at once when the network returns or the page becomes visible. */
  #awakeListeners(act: "addEventListener" | "removeEventListener"): void {
    const page = globalThis as unknown as Partial<Record<typeof act, (type: string, fn: () => void) => void>>;
    page[act]?.("online", this.#awake);
    page[act]?.("focus", this.#awake);
  }
}
