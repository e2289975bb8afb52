import WebSocket, { type RawData } from "ws";
import { directFrameSchema } from "../../../schemas/wire/direct-frame.ts";
import { streamFrameSchema } from "../../../schemas/wire/server-frame.ts";
import type { ClientRecord, Received, Send } from "../judge/history.ts";
import { Watch } from "../judge/waiting.ts";
import { Chain, type Frame, type Resume } from "./chain.ts";
import type { ClientOptions } from "./client-options.ts";
import { ClientView } from "./client-view.ts";

const defaultMs = 60_000;
const retryMs = 250;
const passing = new Set(["service_unavailable", "storage_unavailable"]);

/** A `/ws/chat` client that records every frame, checks their chain on arrival, and resends lost messages. */
export class ChatClient {
  readonly name: string;
  readonly user: string;
  readonly frames: Received[] = [];
  readonly faults: string[] = [];
  readonly sends: Send[] = [];
  readonly closes: { at: number; code: number; reason: string }[] = [];
  readonly view = new ClientView();
  readonly chain = new Chain();
  /** `client_msg_id`s whose final frame was seen, also when the view was reloaded afterwards. */
  readonly everFinished = new Set<string>();
  #options: ClientOptions;
  #socket: WebSocket | undefined;
  #connection = 0;
  #edge = 0;
  #since = 0;
  #streamed = 0;
  #ended = false;
  #byId = new Map<string, Send>();
  #watch = new Watch();
  #timers = new Set<NodeJS.Timeout>();
  #loading = new Set<string>();

  constructor(options: ClientOptions) {
    this.#options = options;
    this.name = options.name;
    this.user = options.user;
  }

  /** A connected client. */
  static async connect(options: ClientOptions, port?: number): Promise<ChatClient> {
    const client = new ChatClient(options);
    await client.connect(port === undefined ? {} : { port });
    return client;
  }

  get connected(): boolean {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** Opens a connection and waits for its first frame. `resume`: start position; null = no resume. */
  async connect({ port, resume }: { port?: number; resume?: Resume | null } = {}): Promise<Frame> {
    const from = this.frames.length;
    this.#open(port ?? this.#nextPort(), resume === undefined ? this.chain.at : (resume ?? undefined));
    const first = await this.until(() => this.frames[from], `${this.name} gets its first frame`);
    return first.frame;
  }

  /** Sends a message; resolves with the `accepted` or `error` frame that answers it (with `retry`, for good). */
  async send(
    content: string,
    { session, id, model }: { session?: string; id?: string; model?: string } = {},
  ) {
    const send = this.post(content, { session, id, model });
    const answered = () => {
      if (send.outcome !== undefined) return send.outcome;
      if (!this.#options.retry && !this.connected)
        throw new Error(`${this.name} was disconnected before an answer`);
      return undefined;
    };
    await this.until(answered, `an answer to ${send.client_msg_id}`, 120_000);
    return send;
  }

  /** Sends a message without waiting. */
  post(
    content: string,
    { session, id, model }: { session?: string; id?: string; model?: string } = {},
  ): Send {
    const send: Send = {
      client: this.name,
      user: this.user,
      session: session ?? this.#options.session ?? "main",
      client_msg_id: id ?? `${this.name}-${this.sends.length}`,
      content,
      index: this.sends.length,
      sentAt: Date.now(),
      transmissions: 0,
    };
    this.sends.push(send);
    this.#byId.set(send.client_msg_id, send);
    this.#models.set(send, model);
    this.#transmit(send);
    return send;
  }

  /** Sends any frame, as it is. */
  raw(frame: unknown): void {
    if (this.connected) this.#socket?.send(JSON.stringify(frame));
  }

  /** Waits for a condition over what this client has seen. */
  until<T>(look: () => T | undefined | false, what: string, ms = defaultMs): Promise<T> {
    return this.#watch.until(look, ms, what);
  }

  /** Re-evaluates all waiting conditions. */
  touch(): void {
    this.#watch.changed();
  }

  /** Waits for a frame, a past one included. */
  async frame(test: (frame: Frame) => boolean, what: string, ms = defaultMs): Promise<Frame> {
    const found = await this.until(() => this.frames.find(({ frame }) => test(frame)), what, ms);
    return found.frame;
  }

  /** Closes the connection without a closing handshake. */
  cut(): void {
    this.#socket?.terminate();
  }

  /** Stops reading from the socket, like a hanging client. */
  stopReading(): void {
    this.#socket?.pause();
  }

  /** Resumes reading. */
  readOn(): void {
    this.#socket?.resume();
  }

  /** Closes it permanently. */
  async close(): Promise<void> {
    this.#ended = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#socket?.terminate();
    await this.until(() => this.#socket?.readyState === WebSocket.CLOSED || undefined, `${this.name} closes`);
  }

  /** Waits until every message it sent has its answer, and every accepted one its final frame. */
  settled(ms: number, counts: (send: Send) => boolean = () => true): Promise<true> {
    const open = () =>
      this.sends.filter(
        (send) =>
          counts(send) &&
          (send.outcome === undefined ||
            (send.outcome === "accepted" && !this.view.finished.has(send.client_msg_id))),
      );
    return this.until(() => open().length === 0, `${this.name} settles`, ms).catch((error: unknown) => {
      const left = open().map((send) => `${send.client_msg_id} (${send.outcome ?? "no answer"})`);
      throw new Error(`${String(error)}; open: ${left.slice(0, 10).join(", ")} of ${left.length}`);
    });
  }

  /** The client's record for the checker. */
  record(): ClientRecord {
    return {
      name: this.name,
      user: this.user,
      frames: this.frames,
      faults: this.faults,
      view: this.view.messages,
      complete: this.connected && this.#loading.size === 0,
      since: this.#since,
    };
  }

  /** Requests a session's history until it arrives; the view is updated with it. */
  reload(session: string): void {
    this.#loading.add(session);
    this.raw({ type: "history", session_id: session, limit: 200 });
  }

  /** Waits until all requested histories have arrived. */
  async caughtUp(ms = defaultMs): Promise<void> {
    await this.until(() => this.#loading.size === 0, `${this.name} gets its histories`, ms);
  }

  #models = new Map<Send, string | undefined>();

  #nextPort(): number {
    const ports = this.#options.ports();
    const port = ports[this.#edge++ % ports.length];
    if (port === undefined) throw new Error("no edge to connect to");
    return port;
  }

  #open(port: number, resume: Resume | undefined): void {
    const query = new URLSearchParams({ token: this.#options.token });
    if (this.#options.session !== undefined) query.set("session_id", this.#options.session);
    if (resume !== undefined) query.set("resume", `${resume.epoch}-${resume.seq}`);
    const socket = new WebSocket(`ws://127.0.0.1:${port}/ws/chat?${query}`, { perMessageDeflate: false });
    const connection = ++this.#connection;
    this.#socket = socket;
    this.chain.begin(resume);
    socket.on("message", (data: RawData) => this.#receive(String(data), connection));
    socket.on("error", () => {});
    socket.on("close", (code, reason) => {
      this.closes.push({ at: Date.now(), code, reason: String(reason) });
      if (socket === this.#socket && this.#options.reconnect && !this.#ended) {
        this.#later(() => this.#open(this.#nextPort(), this.chain.at));
      }
      this.#watch.changed();
    });
  }

  #receive(text: string, connection: number): void {
    // Frames in flight when the connection was closed or replaced belong to no chain.
    if (connection !== this.#connection || !this.connected) return;
    const frame = JSON.parse(text) as Frame;
    this.frames.push({ at: Date.now(), connection, frame });
    const known = streamFrameSchema.safeParse(frame).success || directFrameSchema.safeParse(frame).success;
    if (!known) this.faults.push(`not a frame of the contract: ${text.slice(0, 300)}`);
    const fault = this.chain.next(frame);
    if (fault !== undefined) this.faults.push(`connection ${connection}: ${fault}`);
    this.#answer(frame);
    this.view.take(frame, (id) => this.#byId.get(id)?.content);
    if (frame.type === "stream_end") this.everFinished.add(frame.client_msg_id);
    if ("seq" in frame && frame.type !== "connected") {
      this.#streamed++;
      if (this.#options.cutAfter?.includes(this.#streamed)) this.cut();
    }
    this.#watch.changed();
  }

  #answer(frame: Frame): void {
    if (frame.type === "connected") this.#begun(frame.recovered);
    else if (frame.type === "history_response") {
      this.view.load(frame.session_id, frame.messages);
      const before = frame.messages[0]?.id;
      if (!frame.has_more || before === undefined) this.#loading.delete(frame.session_id);
      else this.raw({ type: "history", session_id: frame.session_id, limit: 200, before });
    } else if (frame.type === "accepted" || (frame.type === "response" && frame.role === "user")) {
      const send = this.#byId.get(frame.client_msg_id ?? "");
      if (send === undefined || send.outcome === "accepted") return;
      send.outcome = "accepted";
      send.acceptedAt = Date.now();
      send.message_id = frame.message_id;
      // A repeat of a message that was already finished: the answer has its state, history its reply.
      if (frame.type === "accepted" && frame.status === "completed") this.reload(send.session);
    } else if (frame.type === "error" && "seq" in frame) {
      // Stored, but ended without an echo: its session was deleted.
      const send = this.#byId.get(frame.client_msg_id ?? "");
      if (send !== undefined) send.outcome ??= frame.errorType;
    } else if (frame.type === "error") this.#refused(frame);
  }

  #refused(frame: Frame & { type: "error" }): void {
    const send = this.#byId.get(frame.client_msg_id ?? "");
    if (send === undefined) {
      if (this.#loading.size > 0) this.#later(() => this.#askAgain());
      return;
    }
    if (send.outcome !== undefined) return;
    if (this.#options.retry && passing.has(frame.errorType)) this.#later(() => this.#transmit(send));
    else send.outcome = frame.errorType;
  }

  #begun(recovered: boolean): void {
    if (this.#since === 0) this.#since = Date.now();
    if (!recovered) {
      this.view.clear();
      const sessions = new Set([...this.view.sessions, ...this.sends.map((send) => send.session)]);
      for (const session of sessions) this.#loading.add(session);
    }
    this.#askAgain();
    if (!this.#options.retry) return;
    for (const send of this.sends) if (send.outcome === undefined) this.#transmit(send);
  }

  #askAgain(): void {
    for (const session of this.#loading) this.raw({ type: "history", session_id: session, limit: 200 });
  }

  #transmit(send: Send): void {
    if (!this.connected || send.outcome !== undefined) return;
    send.transmissions++;
    const { session, client_msg_id, content } = send;
    const model = this.#models.get(send);
    this.raw({ type: "message", session_id: session, client_msg_id, content, ...(model && { model }) });
  }

  #later(act: () => void): void {
    if (this.#ended) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, retryMs);
    this.#timers.add(timer);
  }
}
