import type { Listening, RawMessage } from "../../infra/bus/listen.ts";
import type { Logger } from "../../infra/log.ts";
import { ParleyError } from "../../schemas/errors.ts";
import type { Limits } from "../../schemas/limits.ts";
import { liveFrames } from "../../schemas/messages/out.ts";
import type { OutItem } from "../../schemas/messages/out-item.ts";
import type { NatsLink } from "../nats-link.ts";
import type { EdgeMetrics } from "../operations/metrics.ts";
import { BatchChain } from "./batch-chain.ts";
import { type Batch, type Position, readBatch, type WireFrame } from "./frame.ts";
import type { OutStream } from "./out-stream.ts";
import { RunFence } from "./run-fence.ts";

/** Receiver of a stream's frames. */
export interface FrameSink {
  /** A frame for all readers; `origin` is the socket whose message it echoes. */
  frame(frame: WireFrame, origin: OutItem["origin"]): void;
  /** Frames are lost: every reader restarts at the stream's position. */
  restarted(): void;
}

/** Events of one stream that affect all streams of the edge. */
export interface StreamEvents {
  /** A message with this sequence has arrived. */
  arrived(streamSeq: number): void;
  /** Sequences went backwards: the stream may have been recreated. */
  outOfOrder(): void;
}

/** Dependencies of a stream. */
export interface StreamContext {
  link: NatsLink;
  out: OutStream;
  log: Logger;
  limits: Limits;
  metrics: EdgeMetrics;
  events: StreamEvents;
}

interface Held {
  /** The previous sequence on the same subject, 0 = none stored. */
  before: number;
  bytes: number;
  batch: Batch;
}

const againMs = 200;

/**
 * One user's frames on this edge, in order and without gaps. It is `live`, or it buffers arriving frames
 * while it locates its position, fills a gap, or waits for NATS. Starts with the first {@link recover}.
 */
export class UserStream {
  readonly user: string;
  readonly #context: StreamContext;
  readonly #sink: FrameSink;
  /** Created with the first batch, like the chain: most users of an edge are idle. */
  #fence: RunFence | undefined;
  #chain: BatchChain | undefined;
  readonly #subscription: Listening;
  #located = false;
  #live = false;
  #closed = false;
  #streamSeq = 0;
  #seq = 0;
  #held: Held[] = [];
  #heldBytes = 0;
  /** Generation: work that began before a reset must not continue after it. */
  #turn = 0;
  #waiting: (() => void)[] = [];

  constructor(user: string, context: StreamContext, sink: FrameSink) {
    this.user = user;
    this.#context = context;
    this.#sink = sink;
    this.#subscription = context.link.bus.listenRaw(liveFrames, (message) => this.#arrived(message), {
      user,
    });
  }

  /** Wire position: `seq` of the last frame sent. */
  get position(): Position {
    return { epoch: this.#context.out.epoch, seq: this.#seq };
  }

  /** Sequence of the last processed message. */
  get streamSeq(): number {
    return this.#streamSeq;
  }

  /** A fence for replaying frames after `seq` that were already sent here. */
  fenceAgain(seq: number): RunFence {
    return this.#fenceOf().again(seq);
  }

  get isLive(): boolean {
    return this.#live;
  }

  /**
   * Resolves when it is live or closed.
   * @throws ParleyError `storage_unavailable` when neither happens within `LIMIT_LIVE_WAIT_MS`
   */
  async live(): Promise<void> {
    if (this.#live || this.#closed) return;
    const { liveWaitMs } = this.#context.limits;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new ParleyError("storage_unavailable")), liveWaitMs);
    });
    try {
      while (!this.#live && !this.#closed)
        await Promise.race([new Promise<void>((resolve) => this.#waiting.push(resolve)), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Stops sending until {@link recover}: the connection is lost. */
  hold(): void {
    this.#turn += 1;
    this.#live = false;
  }

  /**
   * Resumes after {@link hold}. `epochChanged`: earlier content was lost with its server. `seenSeq`: every
   * message of this edge's subjects up to it has arrived.
   */
  recover(epochChanged: boolean, seenSeq: number): void {
    if (!this.#located) this.#work(() => this.#locate());
    else if (epochChanged) this.#work(() => this.#restart());
    else this.#work(() => this.#catchUp(seenSeq));
  }

  /** Closes the stream. */
  close(): void {
    this.#closed = true;
    this.#turn += 1;
    this.#subscription.stop();
    this.#wake();
  }

  #arrived(msg: RawMessage): void {
    const streamSeq = Number(msg.headers?.get("Nats-Sequence"));
    const batch = readBatch(streamSeq, msg.data);
    if (!Number.isSafeInteger(streamSeq) || batch === undefined) {
      this.#context.log.error({ user: this.user, stream_seq: streamSeq }, "invalid frame batch");
      return;
    }
    this.#context.events.arrived(streamSeq);
    const held = {
      before: Number(msg.headers?.get("Nats-Last-Sequence")) || 0,
      bytes: msg.data.length,
      batch,
    };
    if (this.#live) this.#take(held);
    else this.#hold(held);
  }

  #hold(held: Held): void {
    this.#held.push(held);
    this.#heldBytes += held.bytes;
    if (this.#heldBytes <= this.#context.limits.heldFrameBytes) return;
    this.#held = [];
    this.#heldBytes = 0;
    if (this.#located) this.#work(() => this.#restart());
  }

  #take(held: Held): void {
    const { streamSeq } = held.batch;
    if (streamSeq <= this.#streamSeq) {
      this.#hold(held);
      this.#context.events.outOfOrder();
    } else if (held.before > this.#streamSeq) {
      this.hold();
      this.#hold(held);
      this.#work(() => this.#fill(held.before));
    } else this.#deliver(held.batch);
  }

  #deliver(batch: Batch): void {
    this.#streamSeq = batch.streamSeq;
    this.#chain ??= new BatchChain();
    if (this.#chain.isBroken(batch)) {
      this.#context.metrics.gaps.inc({ outcome: "lost" });
      this.#sink.restarted();
    }
    for (const { frame, seq, origin, admitted } of this.#fenceOf().pass(batch)) {
      if (!admitted) {
        this.#context.metrics.fenced.inc();
        continue;
      }
      const prev = this.#seq;
      this.#seq = seq;
      this.#sink.frame(Object.assign(frame, { seq, prev }), origin);
    }
  }

  #fenceOf(): RunFence {
    this.#fence ??= new RunFence(this.#context.limits.fencedReplies);
    return this.#fence;
  }

  /** Retries `work` until it succeeds or a reset supersedes it; then sends everything buffered. */
  #work(work: () => Promise<() => void>): void {
    this.hold();
    const turn = this.#turn;
    const run = async () => {
      while (turn === this.#turn) {
        try {
          const apply = await work();
          if (turn !== this.#turn) return;
          apply();
          return this.#goLive();
        } catch (err) {
          if (turn === this.#turn)
            this.#context.log.warn({ err, user: this.user }, "user stream not located, retrying");
          await new Promise((resolve) => setTimeout(resolve, againMs));
        }
      }
    };
    void run();
  }

  #goLive(): void {
    const held = this.#held;
    this.#held = [];
    this.#heldBytes = 0;
    this.#live = true;
    for (const one of held) {
      if (!this.#live) this.#hold(one);
      else if (one.batch.streamSeq > this.#streamSeq) this.#take(one);
    }
    if (this.#live) this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** Initial position: messages up to the tail are in the past, later ones arrive by the subscription. */
  async #locate(): Promise<() => void> {
    await this.#context.link.nc.flush();
    const tail = await this.#context.out.tail(this.user);
    return () => {
      this.#located = true;
      this.#streamSeq = tail.streamSeq;
      this.#seq = tail.seq;
    };
  }

  async #restart(): Promise<() => void> {
    const tail = await this.#context.out.tail(this.user);
    return () => {
      this.#context.metrics.gaps.inc({ outcome: "lost" });
      this.#streamSeq = tail.streamSeq;
      this.#seq = tail.seq;
      this.#held = this.#held.filter(({ batch }) => batch.streamSeq > tail.streamSeq);
      this.#sink.restarted();
    };
  }

  /** After a reconnect: reads the messages of the outage, unless some may have expired. */
  async #catchUp(seenSeq: number): Promise<() => void> {
    const { out, link } = this.#context;
    await link.nc.flush();
    const tail = await out.tail(this.user);
    if (out.firstSeq > Math.max(seenSeq, this.#streamSeq) + 1) return this.#restart();
    return tail.streamSeq > this.#streamSeq ? this.#fill(tail.streamSeq) : () => {};
  }

  /** Reads the messages up to `until`, which must be stored. */
  async #fill(until: number): Promise<() => void> {
    const { out, limits, metrics } = this.#context;
    const batches = await out.read(this.user, this.#streamSeq + 1, until, limits.heldFrameBytes);
    if (batches?.at(-1)?.streamSeq !== until) return this.#restart();
    return () => {
      metrics.gaps.inc({ outcome: "filled" });
      for (const batch of batches) this.#deliver(batch);
    };
  }
}
