import { type ApiError, JetStreamApiError } from "@nats-io/jetstream";
import { createInbox, headers, type Msg, type NatsConnection, RequestError, TimeoutError } from "nats";
import { withTraceparent } from "./trace.ts";

const defaultTimeoutMs = 5_000;
const sweepMs = 250;

/** A publish ack; `duplicate`: a message with this id is already stored, at this sequence. */
export interface StoredAck {
  seq: number;
  duplicate: boolean;
}

/** Bytes of the server's payload limit reserved for headers. */
const headerBytes = 8 * 1024;
/** The server's default, until its INFO has arrived. */
const defaultMaxBytes = 1024 * 1024;

/** The message exceeds the server's payload limit. */
export class MessageTooLarge extends Error {
  readonly bytes: number;

  constructor(subject: string, bytes: number) {
    super(`message on ${subject} has ${bytes} bytes`);
    this.name = "MessageTooLarge";
    this.bytes = bytes;
  }
}

/** Publish options. */
export interface StoreOptions {
  /** `Nats-Msg-Id`: a repeat within the stream's duplicate window is dropped. */
  id?: string | undefined;
  /** The server publishes it to `target` at this time (ADR-51 of nats-architecture-and-design). */
  schedule?: { at: Date; target: string };
  timeoutMs?: number;
}

interface Waiting {
  deadline: number;
  resolve(ack: StoredAck): void;
  reject(reason: Error): void;
}

/**
 * Publishes to streams and receives the acks on one inbox. The client library's publish creates a timer and
 * two error objects per message, an eighth of an actor's CPU; here a message costs a map entry.
 */
export class StreamPublisher {
  readonly #nc: NatsConnection;
  readonly #inbox = createInbox();
  readonly #waiting = new Map<string, Waiting>();
  #count = 0;
  #sweep: NodeJS.Timeout | undefined;

  constructor(nc: NatsConnection) {
    this.#nc = nc;
    nc.subscribe(`${this.#inbox}.*`, { callback: (_err, message) => this.#acknowledge(message) });
  }

  /** Maximum payload bytes of a message. */
  get maxBytes(): number {
    return (this.#nc.info?.max_payload ?? defaultMaxBytes) - headerBytes;
  }

  /**
   * Stores a message.
   * @throws MessageTooLarge; JetStreamApiError when the stream refuses it, RequestError without a stream,
   * TimeoutError.
   */
  publish(
    subject: string,
    payload: string,
    { id, schedule, timeoutMs = defaultTimeoutMs }: StoreOptions = {},
  ): Promise<StoredAck> {
    return new Promise((resolve, reject) => {
      // A UTF-16 unit is at most three UTF-8 bytes, so most payloads need no count.
      const bytes = payload.length * 3 > this.maxBytes ? Buffer.byteLength(payload) : 0;
      if (bytes > this.maxBytes) throw new MessageTooLarge(subject, bytes);
      const key = (this.#count++).toString(36);
      const head = headers();
      if (id !== undefined) head.set("Nats-Msg-Id", id);
      if (schedule !== undefined) {
        head.set("Nats-Schedule", `@at ${schedule.at.toISOString()}`);
        head.set("Nats-Schedule-Target", schedule.target);
      }
      this.#nc.publish(subject, payload, {
        headers: withTraceparent(head) ?? head,
        reply: `${this.#inbox}.${key}`,
      });
      this.#waiting.set(key, { deadline: performance.now() + timeoutMs, resolve, reject });
      this.#sweep ??= setInterval(() => this.#expire(), sweepMs);
    });
  }

  #acknowledge(message: Msg): void {
    const key = message.subject.slice(this.#inbox.length + 1);
    const waiting = this.#waiting.get(key);
    if (waiting === undefined) return;
    this.#waiting.delete(key);
    // "No responders" is the only status message on a reply subject: it has no body.
    if (message.data.length === 0) {
      waiting.reject(new RequestError("no stream takes this subject"));
      return;
    }
    const ack = message.json<{ seq: number; duplicate?: boolean; error?: ApiError }>();
    if (ack.error !== undefined) waiting.reject(new JetStreamApiError(ack.error));
    else waiting.resolve({ seq: ack.seq, duplicate: ack.duplicate === true });
  }

  #expire(): void {
    const now = performance.now();
    for (const [key, waiting] of this.#waiting) {
      if (waiting.deadline > now) continue;
      this.#waiting.delete(key);
      waiting.reject(new TimeoutError());
    }
    if (this.#waiting.size > 0) return;
    clearInterval(this.#sweep);
    this.#sweep = undefined;
  }
}
