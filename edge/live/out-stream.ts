import type { StoredMsg } from "@nats-io/jetstream";
import type { Logger } from "../../infra/log.ts";
import { outStreamConfig } from "../../infra/nats/stream-configs.ts";
import { ensureStream } from "../../infra/nats/streams.ts";
import { frameSeq } from "../../schemas/messages/out-batch.ts";
import { streams, subjects } from "../../schemas/messages/subjects.ts";
import type { NatsLink } from "../nats-link.ts";
import { type Batch, readBatch } from "./frame.ts";

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

  constructor(link: NatsLink, log: Logger) {
    this.#link = link;
    this.#log = log;
  }

  /** Names the stream's life: memory is gone when its server restarts, and sequences begin anew. */
  get epoch(): string {
    return this.#epoch;
  }

  /** The stream's first sequence when {@link refresh} was last called. */
  get firstSeq(): number {
    return this.#firstSeq;
  }

  /** Reads the epoch and the first sequence, making the stream where it is missing. */
  async refresh(): Promise<void> {
    const { created, state } = await ensureStream(this.#link.jsm, outStreamConfig());
    this.#epoch = String(Date.parse(created as unknown as string));
    this.#firstSeq = state.first_seq;
  }

  /** The end of a user's frames. */
  async tail(user: string): Promise<Tail> {
    const last = await this.#link.jsm.direct.getMessage(streams.out, {
      last_by_subj: subjects.outUser(user),
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
        if (batch === undefined) this.#log.error({ stream_seq: message.seq }, "not a batch of frames");
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
        next_by_subj: subjects.outUser(user),
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
