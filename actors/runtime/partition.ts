import type { JsMsg } from "@nats-io/jetstream";
import type { Bus } from "../../infra/bus/bus.ts";
import type { Listening } from "../../infra/bus/listen.ts";
import { traceOf, withTrace } from "../../infra/bus/trace.ts";
import type { Logger } from "../../infra/log.ts";
import type { AbortedRun, Arrival, KeyedActor, KeyedGroup } from "./keyed-actor.ts";
import { PartitionReader, type ReaderContext } from "./partition-reader.ts";

/** Dependencies of a partition. */
export interface PartitionContext {
  bus: Bus;
  log: Logger;
  reading: ReaderContext;
}

/** How a partition was taken: from a live owner, with its aborted runs, or from a crashed one. */
export type Handover = { planned: true; aborted: AbortedRun[] } | { planned: false };

/**
 * A partition held by this process: reads the log from its beginning and delivers each message to the actor
 * of its key.
 */
export class Partition {
  readonly #context: PartitionContext;
  readonly #group: KeyedGroup;
  readonly #number: number;
  readonly #reader: PartitionReader;
  readonly #actors = new Map<string, KeyedActor>();
  #questions: Listening | undefined;
  #replay: { until: number; handover: Handover } | undefined;
  #closed = false;
  #quiescing = false;

  constructor(context: PartitionContext, group: KeyedGroup, number: number) {
    this.#context = context;
    this.#group = group;
    this.#number = number;
    this.#reader = new PartitionReader(context.reading, {
      group: group.name,
      partition: number,
      stream: group.stream,
      filter: group.filter(number),
      from: async () => (await group.from?.(number)) ?? 0,
      deliver: (message) => this.#deliver(message),
    });
  }

  /** Starts reading and serving requests. Messages already in the log count as handed over. */
  async open(handover: Handover): Promise<void> {
    const info = await this.#context.reading.jsm.streams.info(this.#group.stream);
    this.#replay = { until: info.state.last_seq, handover };
    if (this.#closed) return;
    this.#questions = this.#group.serve(this.#context.bus, this.#number, (key) => this.#actor(key));
    await this.read();
  }

  /** Reads from the first unfinished message, also again after an outage; actors deduplicate by sequence. */
  read(): Promise<void> {
    return this.#reader.read();
  }

  /** Time since the last message or heartbeat of this partition, ms. */
  get silentMs(): number {
    return this.#reader.silentMs;
  }

  /** Whether the reader is silent while not re-creating its consumer. */
  isSilent(limitMs: number): boolean {
    return !this.#reader.isOpening && this.#reader.silentMs > limitMs;
  }

  /** Resets the silence timer after this process was paused. */
  forgiveSilence(): void {
    this.#reader.forgive();
  }

  /** Planned handover: starts no more work, waits for running work, and releases the partition. */
  async handOver(cut: AbortSignal): Promise<AbortedRun[]> {
    this.#quiescing = true;
    const aborted = await Promise.all([...this.#actors.values()].map((actor) => actor.quiesce(cut)));
    this.close();
    return aborted.flat();
  }

  /** Stops immediately. */
  close(): void {
    this.#closed = true;
    this.#reader.stop();
    this.#questions?.stop();
    for (const actor of this.#actors.values()) actor.abandon();
    this.#actors.clear();
  }

  /** Actors in memory. */
  actors(): Iterable<KeyedActor> {
    return this.#actors.values();
  }

  /** Removes actors idle since `before`; returns how many remain. */
  passivate(before: number): number {
    for (const [key, actor] of this.#actors) if (actor.isIdle(before)) this.#actors.delete(key);
    return this.#actors.size;
  }

  #deliver(message: JsMsg): void {
    const key = this.#group.keyOf(message.subject);
    // During a move, new actors belong to the next owner.
    if (key === null || this.#quiescing) return;
    const { seq, subject, data, headers } = message;
    const entry = { seq, subject, data, arrival: this.#arrival(seq) };
    withTrace(traceOf(headers), () => this.#actor(key).deliver(entry));
  }

  #arrival(seq: number): Arrival {
    const replay = this.#replay;
    if (replay === undefined || seq > replay.until) return { kind: "live" };
    if (!replay.handover.planned) return { kind: "takeover" };
    const aborted = replay.handover.aborted.find((run) => run.seq === seq);
    return aborted === undefined ? { kind: "moved" } : { kind: "moved", attempt: aborted.attempt };
  }

  #actor(key: string): KeyedActor {
    let actor = this.#actors.get(key);
    if (actor === undefined) {
      actor = this.#group.create(key);
      this.#actors.set(key, actor);
    }
    return actor;
  }
}
