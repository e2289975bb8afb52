import { JetStreamApiError, jetstream, type StoredMsg } from "@nats-io/jetstream";
import type { Logger } from "../../infra/log.ts";
import { storedMessage } from "../../infra/nats/stored-message.ts";
import { outStreamConfig } from "../../infra/nats/stream-configs.ts";
import { ensureStream } from "../../infra/nats/streams.ts";
import { subjectOf } from "../../schemas/messages/define.ts";
import { outFrames } from "../../schemas/messages/out.ts";
import { frameSeq } from "../../schemas/messages/out-batch.ts";
import { streams, subjects } from "../../schemas/messages/subjects.ts";
import type { NatsLink } from "../nats-link.ts";
import { type Batch, readBatch } from "./frame.ts";

/** The epoch marker is rewritten before it expires by max_age. */
const renewMs = 30_000;
const wrongLastSequence = 10071;
const batchMessages = 256;
const batchMs = 5_000;

/** Position of a user's frames in the stream. */
export interface Tail {
  /** Sequence of the user's last stored message, 0 = none. */
  streamSeq: number;
  /** Wire `seq` of its last frame, 0 = none. */
  seq: number;
}

/** The stream OUT, which retains two minutes of frames per user. */
export class OutStream {
  readonly #link: NatsLink;
  readonly #log: Logger;
  #epoch = "";
  #firstSeq = 0;
  #lastSeq = 0;

  constructor(link: NatsLink, log: Logger) {
    this.#link = link;
    this.#log = log;
  }

  /**
   * Identifies the stream's content: memory storage is lost when its server restarts, and sequences start
   * again.
   */
  get epoch(): string {
    return this.#epoch;
  }

  /** The stream's first sequence at the last {@link refresh}. */
  get firstSeq(): number {
    return this.#firstSeq;
  }

  /**
   * Reads the epoch and the first sequence, and creates the stream if it is missing. `seenSeq`: the highest
   * sequence received here.
   */
  async refresh(seenSeq = 0): Promise<void> {
    const { state } = await ensureStream(this.#link.jsm, outStreamConfig());
    const before = Math.max(this.#lastSeq, seenSeq);
    this.#epoch = await this.#life(state.last_seq < before);
    this.#firstSeq = state.first_seq;
    this.#lastSeq = state.last_seq;
  }

  /**
   * The epoch is stored as a message, so that it is lost with the content it names: the stream's creation
   * time is part of the cluster's metadata and survives. `isBack`: sequences are lower than before, whatever
   * the marker says.
   */
  async #life(isBack: boolean): Promise<string> {
    const { jsm } = this.#link;
    for (;;) {
      const marker = await storedMessage(jsm, streams.out, { last_by_subj: subjects.outLife });
      const isValid = marker !== null && !(isBack && marker.string() === this.#epoch);
      if (isValid && Date.now() - marker.time.getTime() < renewMs) return marker.string();
      // Rewrite a marker that has expired while the rest of the stream is intact.
      const kept = isBack || this.#epoch === "" ? String(Date.now()) : this.#epoch;
      const life = isValid ? marker.string() : kept;
      try {
        const expect = { lastSubjectSequence: marker?.seq ?? 0 };
        await jetstream(this.#link.nc).publish(subjects.outLife, life, { expect });
        return life;
      } catch (err) {
        // Another edge wrote first: use its epoch.
        if (!(err instanceof JetStreamApiError && err.code === wrongLastSequence)) throw err;
      }
    }
  }

  /** The end of a user's frames. */
  async tail(user: string): Promise<Tail> {
    const last = await this.#link.jsm.direct.getMessage(streams.out, {
      last_by_subj: subjectOf(outFrames, { user }),
    });
    if (last === null) return { streamSeq: 0, seq: 0 };
    return { streamSeq: last.seq, seq: frameSeq(last.seq, 0, 1) };
  }

  /**
   * Returns a user's messages from sequence `from` to `until`, in order; undefined when larger than
   * `maxBytes`.
   * @throws Error when the server does not answer
   */
  async read(user: string, from: number, until: number, maxBytes: number): Promise<Batch[] | undefined> {
    const batches: Batch[] = [];
    let bytes = 0;
    for (let next = from; next <= until; ) {
      const part = await this.#readBatch(user, next);
      for (const message of part) {
        if (message.seq > until) return batches;
        bytes += message.data.length;
        const batch = readBatch(message.seq, message.data);
        if (batch === undefined) this.#log.error({ user, stream_seq: message.seq }, "invalid frame batch");
        else batches.push(batch);
      }
      if (bytes > maxBytes) return undefined;
      const last = part.at(-1);
      if (last === undefined) return batches;
      next = last.seq + 1;
    }
    return batches;
  }

  // The iterator form of this call would leak its subscription.
  #readBatch(user: string, seq: number): Promise<StoredMsg[]> {
    return new Promise((resolve, reject) => {
      const messages: StoredMsg[] = [];
      const timer = setTimeout(() => reject(new Error("no answer to a batch request")), batchMs);
      const request = {
        seq,
        batch: batchMessages,
        next_by_subj: subjectOf(outFrames, { user }),
        callback: (done: { err?: Error } | null, message: StoredMsg) => {
          if (done === null) return void messages.push(message);
          clearTimeout(timer);
          if (done.err === undefined || /not found/i.test(done.err.message)) resolve(messages);
          else reject(done.err);
        },
      };
      this.#link.jsm.direct.getBatch(streams.out, request).catch(reject);
    });
  }
}
