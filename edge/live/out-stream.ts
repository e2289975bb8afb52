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

/** The marker is written again before the stream drops it by age. */
const renewMs = 30_000;
const wrongLastSequence = 10071;
const batchMessages = 256;
const batchMs = 5_000;

/** Where a user's frames stand in the stream. */
export interface Tail {
  /** Sequence of the user's last message that is still there, 0 = none. */
  streamSeq: number;
  /** Wire `seq` of its last frame, 0 = none. */
  seq: number;
}

/** The stream OUT, which keeps every user's last two minutes of frames. */
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

  /** Names the stream's present content: memory is lost when its server restarts, and sequences start again. */
  get epoch(): string {
    return this.#epoch;
  }

  /** The stream's first sequence when {@link refresh} was last called. */
  get firstSeq(): number {
    return this.#firstSeq;
  }

  /**
   * Reads the epoch and the first sequence, making the stream where it is missing. `seenSeq`: the highest sequence that
   * has arrived here.
   */
  async refresh(seenSeq = 0): Promise<void> {
    const { state } = await ensureStream(this.#link.jsm, outStreamConfig());
    const before = Math.max(this.#lastSeq, seenSeq);
    this.#epoch = await this.#life(state.last_seq < before);
    this.#firstSeq = state.first_seq;
    this.#lastSeq = state.last_seq;
  }

  /**
   * The epoch stands in the stream as a message, so that it is lost with what it names: the time of the stream's creation
   * is the cluster's and outlives the content. `isBack`: sequences are lower than before, whatever the message says.
   */
  async #life(isBack: boolean): Promise<string> {
    const { jsm } = this.#link;
    for (;;) {
      const marker = await storedMessage(jsm, streams.out, { last_by_subj: subjects.outLife });
      const isValid = marker !== null && !(isBack && marker.string() === this.#epoch);
      if (isValid && Date.now() - marker.time.getTime() < renewMs) return marker.string();
      // A marker that has left a stream which holds the rest is written again.
      const kept = isBack || this.#epoch === "" ? String(Date.now()) : this.#epoch;
      const life = isValid ? marker.string() : kept;
      try {
        const expect = { lastSubjectSequence: marker?.seq ?? 0 };
        await jetstream(this.#link.nc).publish(subjects.outLife, life, { expect });
        return life;
      } catch (err) {
        // Another edge was faster: its word counts.
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
   * A user's messages from sequence `from` to `until`, in order; undefined when they are more than `maxBytes`.
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
        if (batch === undefined)
          this.#log.error({ stream_seq: message.seq }, "invalid payload: batch of frames");
        else batches.push(batch);
      }
      if (bytes > maxBytes) return undefined;
      const last = part.at(-1);
      if (last === undefined) return batches;
      next = last.seq + 1;
    }
    return batches;
  }

  // The iterator form of the same call would leave its subscription behind.
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
