import type { JetStreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "nats";
import type { StreamPublisher } from "../../infra/bus/stream-publisher.ts";
import type { Logger } from "../../infra/log.ts";
import { outStreamConfig } from "../../infra/nats/stream-configs.ts";
import { ensureStream } from "../../infra/nats/streams.ts";
import { newId } from "../../schemas/ids.ts";
import { outBatchFrames } from "../../schemas/messages/out-batch.ts";
import { subjects } from "../../schemas/messages/subjects.ts";
import type { DirectFrame } from "../../schemas/wire/direct-frame.ts";
import type { Origin, OutItem } from "../../schemas/wire/server-frame.ts";
import { type BatchMark, BatchNumbers } from "./batch-numbers.ts";

/** A batch is closed at this size, well under the server's payload limit. */
const batchBytes = 192 * 1024;
const retryMs = 200;

/** Encoded frames that travel in one message; `ending`: they end a run, and somebody waits until the stream has them. */
interface PendingFrames {
  texts: string[];
  bytes: number;
  ending?: { id: string; stored(): void };
}

/**
 * The only publisher of frames. What one event-loop turn produces for a user leaves as one message, the frames that end
 * runs included; a message with such frames is acknowledged.
 */
export class OutPublisher {
  readonly #nc: NatsConnection;
  readonly #publisher: StreamPublisher;
  readonly #jsm: JetStreamManager;
  readonly #log: Logger;
  readonly #pending = new Map<string, PendingFrames[]>();
  readonly #numbers = new BatchNumbers();
  #scheduled = false;

  constructor(nc: NatsConnection, publisher: StreamPublisher, jsm: JetStreamManager, log: Logger) {
    this.#nc = nc;
    this.#publisher = publisher;
    this.#jsm = jsm;
    this.#log = log;
  }

  /** Sends a frame to every device of a user, with the others of this event-loop turn. */
  frame(user: string, item: OutItem): void {
    this.#enqueue(user, parcelOf([item]));
  }

  /**
   * Sends the frames that end a run, behind everything that was sent before. Resolves when the stream has them. They
   * may be sent again, and then in other company: edges know them by their run.
   */
  ending(user: string, items: OutItem[], id: string): Promise<void> {
    return new Promise((stored) => this.#enqueue(user, { ...parcelOf(items), ending: { id, stored } }));
  }

  /**
   * Sends frames as a message of their own, after everything that was sent before. Resolves when the stream has it; it
   * tries until then, and `id` makes a repetition one message.
   */
  async final(user: string, items: OutItem[], id: string): Promise<void> {
    this.#flushUser(user);
    await this.#store(user, parcelOf(items).texts, id);
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

  #enqueue(user: string, parcel: PendingFrames): void {
    const parcels = this.#pending.get(user);
    if (parcels === undefined) this.#pending.set(user, [parcel]);
    else parcels.push(parcel);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#flush());
  }

  #flush(): void {
    this.#scheduled = false;
    for (const user of [...this.#pending.keys()]) this.#flushUser(user);
  }

  #flushUser(user: string): void {
    const parcels = this.#pending.get(user);
    if (parcels === undefined) return;
    this.#pending.delete(user);
    let batch: PendingFrames[] = [];
    let count = 0;
    let bytes = 0;
    for (const parcel of parcels) {
      const full = count + parcel.texts.length > outBatchFrames || bytes + parcel.bytes > batchBytes;
      if (full && batch.length > 0) {
        this.#send(user, batch);
        batch = [];
        count = 0;
        bytes = 0;
      }
      batch.push(parcel);
      count += parcel.texts.length;
      bytes += parcel.bytes;
    }
    this.#send(user, batch);
  }

  #send(user: string, batch: PendingFrames[]): void {
    const texts = batch.flatMap((parcel) => parcel.texts);
    const endings = batch.filter((parcel) => parcel.ending !== undefined);
    const id = endings[0]?.ending?.id;
    // A batch is never sent again in the same company: under the id of one of its parts the server would drop the others.
    if (id === undefined) this.#nc.publish(subjects.outUser(user), batchOf(texts, this.#numbers.next(user)));
    else void this.#end(user, texts, endings, batch.length === 1 ? id : newId("out_"));
  }

  /** What a run says while it goes on is not repeated: by then later frames have overtaken it. */
  async #end(user: string, texts: string[], endings: PendingFrames[], id: string): Promise<void> {
    const again = endings.flatMap((parcel) => parcel.texts);
    await this.#store(user, texts, id, again);
    for (const { ending } of endings) ending?.stored();
  }

  async #store(user: string, texts: string[], id: string, again = texts): Promise<void> {
    const mark = this.#numbers.next(user);
    for (let payload = batchOf(texts, mark); ; payload = batchOf(again, mark)) {
      try {
        await this.#publisher.publish(subjects.outUser(user), payload, { id });
        return;
      } catch (err) {
        this.#log.warn({ err }, "final frames not stored yet");
        await new Promise((resolve) => setTimeout(resolve, retryMs));
        await this.restore();
      }
    }
  }
}

function parcelOf(items: OutItem[]): PendingFrames {
  const texts = items.map((item) => JSON.stringify(item));
  return { texts, bytes: texts.reduce((sum, text) => sum + text.length, 0) };
}

function batchOf(texts: string[], { from, number }: BatchMark): string {
  return `{"from":"${from}","number":${number},"items":[${texts.join(",")}]}`;
}
