import type { ConsumerMessages, JetStreamClient, JetStreamManager, JsMsg } from "@nats-io/jetstream";
import { DeliverPolicy } from "@nats-io/jetstream";
import { type NatsConnection, nanos, type Subscription } from "nats";
import type { Logger } from "../../infra/log.ts";
import type { AbortedRun, Arrival, KeyedActor, KeyedGroup } from "./keyed-actor.ts";
import { TurnShare } from "./turn-share.ts";

/** An ordered consumer that nobody reads is removed by the server after this long. */
const inactiveMs = 10_000;
const retryMs = 200;
const share = new TurnShare();

/** What a partition works with. */
export interface PartitionContext {
  nc: NatsConnection;
  js: JetStreamClient;
  jsm: JetStreamManager;
  log: Logger;
}

/** How a partition was come by: from a living owner, with the runs that it cut short, or from a dead one. */
export type Handover = { planned: true; aborted: AbortedRun[] } | { planned: false };

/**
 * One partition that this process holds: it reads the log from its beginning through one ordered consumer, and gives
 * each message to the actor of its key.
 */
export class Partition {
  readonly #context: PartitionContext;
  readonly #group: KeyedGroup;
  readonly #number: number;
  readonly #actors = new Map<string, KeyedActor>();
  #messages: ConsumerMessages | undefined;
  #questions: Subscription | undefined;
  #replay: { until: number; handover: Handover } | undefined;
  #reading = 0;
  #closed = false;
  #quiescing = false;

  constructor(context: PartitionContext, group: KeyedGroup, number: number) {
    this.#context = context;
    this.#group = group;
    this.#number = number;
  }

  /** Starts to read and to answer. Everything that is in the log now counts as handed over. */
  async open(handover: Handover): Promise<void> {
    const info = await this.#context.jsm.streams.info(this.#group.stream);
    this.#replay = { until: info.state.last_seq, handover };
    if (this.#closed) return;
    this.#questions = this.#context.nc.subscribe(this.#group.askSubject(this.#number), {
      callback: (err, message) => {
        if (err === null) void this.#answer(message.data, (body) => message.respond(body));
      },
    });
    await this.read();
  }

  /** Reads from the first unfinished message, again after a reconnect: actors know by the sequence what they have. */
  async read(): Promise<void> {
    const reading = ++this.#reading;
    this.#messages?.stop();
    while (!this.#closed && reading === this.#reading) {
      try {
        const from = (await this.#group.from?.(this.#number)) ?? 0;
        const consumer = await this.#context.js.consumers.get(this.#group.stream, {
          filter_subjects: this.#group.filter(this.#number),
          ...(from > 1
            ? { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: from }
            : { deliver_policy: DeliverPolicy.All }),
          inactive_threshold: nanos(inactiveMs),
        });
        const messages = await consumer.consume({ max_messages: 512 });
        if (this.#closed || reading !== this.#reading) return messages.stop();
        this.#messages = messages;
        void this.#drain(messages, reading);
        return;
      } catch (err) {
        this.#context.log.warn({ err, partition: this.#number }, "partition can't be read yet");
        await new Promise((resolve) => setTimeout(resolve, retryMs));
      }
    }
  }

  /** Ends the planned way: starts nothing more, waits for what runs, and lets go. */
  async handOver(cut: AbortSignal): Promise<AbortedRun[]> {
    this.#quiescing = true;
    const aborted = await Promise.all([...this.#actors.values()].map((actor) => actor.quiesce(cut)));
    this.close();
    return aborted.flat();
  }

  /** Ends at once. */
  close(): void {
    this.#closed = true;
    this.#messages?.stop();
    this.#questions?.unsubscribe();
    for (const actor of this.#actors.values()) actor.abandon();
    this.#actors.clear();
  }

  /** Actors in memory. */
  actors(): Iterable<KeyedActor> {
    return this.#actors.values();
  }

  /** Lets actors go that have had nothing to do since `before`; returns how many stay. */
  passivate(before: number): number {
    for (const [key, actor] of this.#actors) if (actor.isIdle(before)) this.#actors.delete(key);
    return this.#actors.size;
  }

  async #drain(messages: ConsumerMessages, reading: number): Promise<void> {
    try {
      for await (const message of messages) {
        if (this.#closed || reading !== this.#reading) return;
        this.#deliver(message);
        const turn = share.spent();
        if (turn !== undefined) await turn;
      }
    } catch (err) {
      this.#context.log.warn({ err, partition: this.#number }, "partition consumer ended");
    }
    if (!this.#closed && reading === this.#reading) await this.read();
  }

  #deliver(message: JsMsg): void {
    const key = this.#group.keyOf(message.subject);
    // While a move is under way new actors are the next owner's.
    if (key === null || this.#quiescing) return;
    this.#actor(key).deliver({
      seq: message.seq,
      subject: message.subject,
      data: message.data,
      arrival: this.#arrival(message.seq),
    });
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

  async #answer(data: Uint8Array, respond: (body: string) => void): Promise<void> {
    try {
      const answer = await this.#group.ask(data, (key) => this.#actor(key));
      if (!this.#closed) respond(JSON.stringify(answer));
    } catch (err) {
      this.#context.log.warn({ err, partition: this.#number }, "question could not be answered");
    }
  }
}
