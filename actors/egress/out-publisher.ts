import type { JetStreamManager } from "@nats-io/jetstream";
import type { Bus } from "../../infra/bus/bus.ts";
import { encodeWithin } from "../../infra/bus/fit.ts";
import type { Logger } from "../../infra/log.ts";
import { outStreamConfig } from "../../infra/nats/stream-configs.ts";
import { ensureStream } from "../../infra/nats/streams.ts";
import { newId } from "../../schemas/ids.ts";
import { directFrame, outFrames } from "../../schemas/messages/out.ts";
import { outBatchFrames } from "../../schemas/messages/out-batch.ts";
import type { Origin, OutItem } from "../../schemas/messages/out-item.ts";
import type { DirectFrame } from "../../schemas/wire/direct-frame.ts";
import { isStorageAway } from "../storage/storage-error.ts";
import { type BatchMark, BatchNumbers } from "./batch-numbers.ts";

type OutBus = Pick<Bus, "signal" | "signalText" | "appendText" | "maxBytes">;

/** Maximum size of a batch, well below the server's payload limit. */
const batchBytes = 192 * 1024;
/** Bytes reserved for the envelope of a batch. */
const envelopeBytes = 512;
const retryMs = 200;

/** Encoded frames for one message; `ending`: they end a run, and a caller awaits their acknowledgement. */
interface PendingFrames {
  texts: string[];
  bytes: number;
  ending?: { id: string; stored(): void };
}

/**
 * The only publisher of frames. All frames for a user from one event-loop turn are published as one message;
 * a message that ends a run is acknowledged.
 */
export class OutPublisher {
  readonly #bus: OutBus;
  readonly #jsm: JetStreamManager;
  readonly #log: Logger;
  readonly #pending = new Map<string, PendingFrames[]>();
  readonly #numbers = new BatchNumbers();
  #scheduled = false;

  constructor(bus: OutBus, jsm: JetStreamManager, log: Logger) {
    this.#bus = bus;
    this.#jsm = jsm;
    this.#log = log;
  }

  /** Queues a frame for all devices of a user, batched with the others of this event-loop turn. */
  frame(user: string, item: OutItem): void {
    this.#enqueue(user, this.#parcelOf(user, [item]));
  }

  /**
   * Publishes the frames that end a run, after all earlier frames. Resolves when the stream has stored them.
   * May be re-sent in a different batch: edges deduplicate them by run.
   */
  ending(user: string, items: OutItem[], id: string): Promise<void> {
    return new Promise((stored) =>
      this.#enqueue(user, { ...this.#parcelOf(user, items), ending: { id, stored } }),
    );
  }

  /**
   * Publishes frames as a separate message, after all earlier frames. Resolves when the stream has stored it;
   * retries during an outage, and `id` deduplicates repeated calls.
   */
  async final(user: string, items: OutItem[], id: string): Promise<void> {
    this.#flushUser(user);
    await this.#store(user, this.#parcelOf(user, items).texts, id);
  }

  /** Sends a frame to one socket of one edge, not stored: it is lost when the socket is closed. */
  direct(origin: Origin, frame: DirectFrame): void {
    this.#bus.signal(directFrame, frame, { edge: origin.edge, request: origin.socket });
  }

  /** Recreates the OUT stream after it was lost with its server. */
  async restore(): Promise<void> {
    try {
      await ensureStream(this.#jsm, outStreamConfig());
    } catch (err) {
      this.#log.warn({ err }, "stream OUT not created, retrying");
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
    const endings = batch.filter((parcel) => parcel.ending !== undefined);
    const texts = batch.flatMap((parcel) => parcel.texts);
    const id = endings[0]?.ending?.id;
    if (id === undefined) {
      for (const part of partsOf(texts, this.#bus.maxBytes))
        this.#bus.signalText(outFrames, batchOf(part, this.#numbers.next(user)), { user });
      return;
    }
    // A merged batch gets a new id: under the id of one of its parts the server would drop the other parts as
    // duplicates.
    void this.#end(user, texts, endings, batch.length === 1 ? id : newId("out_"));
  }

  /** Frames of a running turn are not retried: later frames have overtaken them by then. */
  async #end(user: string, texts: string[], endings: PendingFrames[], id: string): Promise<void> {
    await this.#store(user, texts, id, new Set(endings.flatMap((parcel) => parcel.texts)));
    for (const { ending } of endings) ending?.stored();
  }

  /** Stores frames in as many messages as needed, all sent at once and therefore in order. */
  async #store(user: string, texts: string[], id: string, ending = new Set(texts)): Promise<void> {
    const parts = partsOf(texts, this.#bus.maxBytes);
    await Promise.all(
      parts.map((part, index) =>
        this.#storeOne(
          user,
          part,
          index === 0 ? id : `${id}.${index}`,
          part.filter((text) => ending.has(text)),
        ),
      ),
    );
  }

  /**
   * Retries with the frames in `again` while the stream is unavailable; a rejected message is logged and
   * dropped.
   */
  async #storeOne(user: string, texts: string[], id: string, again: string[]): Promise<void> {
    const mark = this.#numbers.next(user);
    for (let frames = texts; frames.length > 0; frames = again) {
      try {
        await this.#bus.appendText(outFrames, batchOf(frames, mark), { to: { user }, id });
        return;
      } catch (err) {
        if (!isStorageAway(err)) {
          this.#log.error({ err, user, id, frames: frames.length }, "final frames rejected by the stream");
          return;
        }
        this.#log.warn({ err, user, id }, "final frames not stored, retrying");
        await new Promise((resolve) => setTimeout(resolve, retryMs));
        await this.restore();
      }
    }
  }

  #parcelOf(user: string, items: OutItem[]): PendingFrames {
    const encoded = items.map((item) => {
      const one = encodeWithin(item, this.#bus.maxBytes - envelopeBytes);
      if (one.cut !== undefined) {
        const { type } = item.frame;
        this.#log.error({ user, type, bytes: one.cut, kept: one.bytes }, "frame too large, truncated");
      }
      return one;
    });
    return {
      texts: encoded.map(({ text }) => text),
      bytes: encoded.reduce((sum, { bytes }) => sum + bytes, 0),
    };
  }
}

/** Groups frames into messages of at most `maxBytes`. */
function partsOf(texts: readonly string[], maxBytes: number): string[][] {
  const units = texts.reduce((sum, text) => sum + text.length + 1, envelopeBytes);
  if (units * 3 <= maxBytes && texts.length <= outBatchFrames) return [[...texts]];
  const parts: string[][] = [];
  let room = 0;
  for (const text of texts) {
    const bytes = Buffer.byteLength(text) + 1;
    const part = parts.at(-1);
    if (part === undefined || bytes > room || part.length === outBatchFrames) {
      parts.push([text]);
      room = maxBytes - envelopeBytes - bytes;
    } else {
      part.push(text);
      room -= bytes;
    }
  }
  return parts;
}

function batchOf(texts: readonly string[], { from, number }: BatchMark): string {
  return `{"from":"${from}","number":${number},"items":[${texts.join(",")}]}`;
}
