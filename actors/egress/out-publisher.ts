import type { JetStreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "nats";
import type { Logger } from "../../infra/log.ts";
import { outStreamConfig } from "../../infra/nats/stream-configs.ts";
import type { StreamPublisher } from "../../infra/nats/stream-publisher.ts";
import { ensureStream } from "../../infra/nats/streams.ts";
import type { DirectFrame } from "../../schemas/direct-frame.ts";
import { type Origin, type OutItem, outBatchFrames } from "../../schemas/server-frame.ts";
import { subjects } from "../../schemas/subjects.ts";

/** A batch is closed at this size, well under the server's payload limit. */
const batchBytes = 192 * 1024;
const retryMs = 200;

/**
 * The only publisher of frames. What one event-loop turn produces for a user leaves as one message; final frames leave
 * as a message of their own, whose acknowledgement the caller awaits.
 */
export class OutPublisher {
  readonly #nc: NatsConnection;
  readonly #publisher: StreamPublisher;
  readonly #jsm: JetStreamManager;
  readonly #log: Logger;
  readonly #pending = new Map<string, string[]>();
  #scheduled = false;

  constructor(nc: NatsConnection, publisher: StreamPublisher, jsm: JetStreamManager, log: Logger) {
    this.#nc = nc;
    this.#publisher = publisher;
    this.#jsm = jsm;
    this.#log = log;
  }

  /** Sends a frame to every device of a user, with the others of this event-loop turn. */
  frame(user: string, item: OutItem): void {
    const items = this.#pending.get(user);
    if (items === undefined) this.#pending.set(user, [JSON.stringify(item)]);
    else items.push(JSON.stringify(item));
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#flush());
  }

  /**
   * Sends what ends a turn, after everything that was sent before it. Resolves when the stream has it; it tries until
   * then, and `id` makes a repetition one message.
   */
  async final(user: string, items: OutItem[], id: string, signal?: AbortSignal): Promise<void> {
    this.#flushUser(user);
    const payload = `{"items":[${items.map((item) => JSON.stringify(item)).join(",")}]}`;
    while (signal?.aborted !== true) {
      try {
        await this.#publisher.publish(subjects.outUser(user), payload, id);
        return;
      } catch (err) {
        this.#log.warn({ err }, "final frames not stored yet");
        await new Promise((resolve) => setTimeout(resolve, retryMs));
        await this.restore();
      }
    }
  }

  /** Answers one socket of one edge. It is gone when that socket is. */
  direct(origin: Origin, frame: DirectFrame): void {
    this.#nc.publish(subjects.outEdge(origin.edge, origin.socket), JSON.stringify(frame));
  }

  /** Makes OUT anew where it died with its server. */
  async restore(): Promise<void> {
    try {
      await ensureStream(this.#jsm, outStreamConfig());
    } catch (err) {
      this.#log.warn({ err }, "stream OUT can't be made yet");
    }
  }

  #flush(): void {
    this.#scheduled = false;
    for (const user of [...this.#pending.keys()]) this.#flushUser(user);
  }

  #flushUser(user: string): void {
    const items = this.#pending.get(user);
    if (items === undefined) return;
    this.#pending.delete(user);
    let batch: string[] = [];
    let bytes = 0;
    for (const item of items) {
      if (batch.length === outBatchFrames || (bytes + item.length > batchBytes && batch.length > 0)) {
        this.#publish(user, batch);
        batch = [];
        bytes = 0;
      }
      batch.push(item);
      bytes += item.length;
    }
    this.#publish(user, batch);
  }

  #publish(user: string, items: string[]): void {
    this.#nc.publish(subjects.outUser(user), `{"items":[${items.join(",")}]}`);
  }
}
