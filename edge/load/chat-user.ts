import WebSocket from "ws";
import type { SocketConstructor } from "../client/connection.ts";
import { Chain, type Frame, type FrameOf, randomId } from "../client/frames.ts";
import type { Timing } from "../client/index.ts";
import { ParleyClient } from "../client/index.ts";
import type { LoadUser } from "./load-user.ts";
import { MessageLedger, type SentMessage } from "./message-ledger.ts";
import type { LoadOptions } from "./options.ts";
import type { Recorder } from "./recorder.ts";

const connectMs = 60_000;
const resendMs = 1_000;
/** Errors after which the same message is retried: its id makes it run once. */
const passing = new Set([
  "rate_limited",
  "session_queue_full",
  "service_unavailable",
  "storage_unavailable",
  "internal_error",
]);

/** One user with several devices: the first sends, all of them listen. */
export class ChatUser {
  readonly ledger = new MessageLedger();
  readonly #options: LoadOptions;
  readonly #recorder: Recorder;
  readonly #devices: ParleyClient[];
  readonly #unaccepted = new Map<string, object>();
  /** The message of each reply without a chunk yet. */
  readonly #replies = new Map<string, string>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #cutAt: number | undefined;

  constructor(user: LoadUser, options: LoadOptions, recorder: Recorder) {
    this.#options = options;
    this.#recorder = recorder;
    this.#devices = Array.from({ length: options.devices }, (_, index) => {
      const client = new ParleyClient({
        url: options.url,
        token: user.token,
        clientId: `load_${index}`,
        deviceName: `load ${index}`,
        WebSocket: WebSocket as unknown as SocketConstructor,
      });
      this.#follow(client, index);
      return client;
    });
  }

  /** Connects every device. @throws Error when one is not connected within a minute */
  async connect(): Promise<void> {
    await Promise.all(this.#devices.map((device) => connected(device)));
  }

  /** Sends a message to a session. */
  send(session: string, intendedAt: number, counted: boolean): void {
    const clientMsgId = randomId("l_");
    this.ledger.add({ clientMsgId, session, intendedAt, counted });
    const { model, size } = this.#options;
    const content = `${clientMsgId} `.padEnd(size, "load ");
    this.#unaccepted.set(clientMsgId, {
      type: "message",
      session_id: session,
      client_msg_id: clientMsgId,
      content,
      model,
    });
    this.#transmit(clientMsgId);
  }

  /** Outstanding replies and connections. */
  get unanswered(): number {
    const offline = this.#devices.filter(({ status }) => status.state !== "online").length;
    return this.ledger.open.length + offline;
  }

  /** Closes the connection of every device; they reconnect automatically. */
  cut(): void {
    this.#cutAt = performance.now();
    for (const device of this.#devices) device.cut();
  }

  /** Ids of a session's user messages with a reply, oldest first. */
  async answeredInHistory(session: string): Promise<string[]> {
    const [device] = this.#devices;
    const ids: string[] = [];
    for (let before: string | undefined; device !== undefined; ) {
      const query = { limit: 200, ...(before !== undefined && { before }) };
      const page = await device.api.sessionMessages({ params: { id: session }, query });
      const finished = page.messages.filter(({ status }) => status === undefined);
      const asked = finished.filter(({ role, client_msg_id }) => role === "user" && client_msg_id);
      ids.unshift(...asked.map(({ client_msg_id }) => String(client_msg_id)));
      before = page.messages[0]?.message_id;
      if (!page.has_more || before === undefined) break;
    }
    return ids;
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    for (const device of this.#devices) device.close();
  }

  #follow(client: ParleyClient, index: number): void {
    const chain = new Chain();
    let online = false;
    client.on("*", (frame) => this.#received(frame, chain, index === 0));
    client.onStatus(({ state }) => {
      if (state !== "online") return;
      if (online) this.#reconnected();
      online = true;
      if (index === 0) for (const id of [...this.#unaccepted.keys()]) this.#transmit(id);
    });
  }

  #reconnected(): void {
    this.#recorder.counts.reconnects += 1;
    if (this.#cutAt !== undefined) this.#recorder.latency("reconnected", performance.now() - this.#cutAt);
  }

  #received(frame: Frame, chain: Chain, isSender: boolean): void {
    const whole = chain.take(frame);
    if (!whole && frame.type !== "connected") this.ledger.gap();
    if (frame.type === "stream_end") this.#ended(frame, isSender);
    if (!isSender) return;
    if (frame.type === "accepted") this.#accepted(frame);
    else if (frame.type === "stream_start") this.#replies.set(frame.message_id, frame.client_msg_id);
    else if (frame.type === "stream_chunk") this.#chunk(frame);
    else if (frame.type === "error") this.#error(frame);
  }

  #accepted({ client_msg_id, seq }: FrameOf<"accepted">): void {
    if (!this.#unaccepted.delete(client_msg_id)) return;
    const message = this.ledger.find(client_msg_id);
    if (message === undefined) return;
    this.ledger.accepted(message, seq);
    this.#record("accepted", message);
  }

  #chunk(frame: FrameOf<"stream_chunk">): void {
    const id = this.#replies.get(frame.message_id);
    const message = id === undefined ? undefined : this.ledger.find(id);
    if (message === undefined) return;
    this.#replies.delete(frame.message_id);
    this.#record("first_chunk", message);
  }

  #ended(frame: FrameOf<"stream_end">, isSender: boolean): void {
    this.#replies.delete(frame.message_id);
    const message = this.ledger.find(frame.client_msg_id);
    if (message === undefined) return;
    if (message.counted) this.#recorder.counts.delivered += 1;
    this.#record("delivered", message);
    if (!isSender || !this.ledger.ended(frame.client_msg_id, frame.message_id)) return;
    if (message.counted) this.#recorder.counts.done += 1;
    this.#record("answered", message);
    this.#split(frame, message);
  }

  /** Phases of a turn, as reported by the server. */
  #split(frame: FrameOf<"stream_end">, { counted }: SentMessage): void {
    const { timing } = frame as { timing?: Timing };
    if (timing === undefined || !counted) return;
    const { accepted_at, started_at, first_token_at, committed_at } = timing;
    const spans = {
      queue: [accepted_at, started_at],
      model: [started_at, first_token_at],
      commit: [first_token_at, committed_at],
    } as const;
    for (const [series, [from, to]] of Object.entries(spans))
      if (typeof from === "number" && typeof to === "number") this.#recorder.latency(series, to - from);
  }

  #error({ client_msg_id, errorType }: FrameOf<"error">): void {
    const message = client_msg_id === undefined ? undefined : this.ledger.find(client_msg_id);
    if (message?.counted) this.#recorder.failed(errorType);
    if (message === undefined || !this.#unaccepted.has(message.clientMsgId)) return;
    if (!passing.has(errorType)) {
      this.#unaccepted.delete(message.clientMsgId);
      message.failed = true;
      return;
    }
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#transmit(message.clientMsgId);
    }, resendMs);
    this.#timers.add(timer);
  }

  #transmit(clientMsgId: string): void {
    const frame = this.#unaccepted.get(clientMsgId);
    const [sender] = this.#devices;
    // Messages that can't be sent now are sent after the reconnect.
    if (frame !== undefined && sender?.status.state === "online") sender.send(frame);
  }

  #record(series: string, { intendedAt, counted }: SentMessage): void {
    if (counted) this.#recorder.latency(series, performance.now() - intendedAt);
  }
}

function connected(device: ParleyClient): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => finish(new Error("device connect timeout")), connectMs);
    const stop = device.onStatus(({ state, error }) => {
      if (state === "online") finish();
      if (state === "signed_out" || state === "refused") finish(error ?? new Error(`connection ${state}`));
    });
    function finish(error?: Error): void {
      clearTimeout(timer);
      stop();
      if (error === undefined) resolve();
      else reject(error);
    }
    device.connect();
  });
}
