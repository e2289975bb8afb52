import {
  AckPolicy,
  type ConsumerMessages,
  DeliverPolicy,
  type JetStreamClient,
  type JetStreamManager,
  type JsMsg,
} from "@nats-io/jetstream";
import { nanos } from "nats";
import type { Logger } from "../../infra/log.ts";
import { TurnShare } from "./turn-share.ts";

/** Inactive threshold of consumers: the server removes those of crashed processes. */
const inactiveMs = 10_000;
/** Idle heartbeat interval of consumers. */
const heartbeatMs = 1_000;
const retryMs = 200;
const share = new TurnShare();

/** Dependencies of a reader. `jsm` should have a short timeout, as a lost leader never responds. */
export interface ReaderContext {
  js: JetStreamClient;
  jsm: JetStreamManager;
  log: Logger;
}

/** Source and receiver of messages. */
export interface ReaderSource {
  group: string;
  partition: number;
  stream: string;
  filter: string;
  /** First sequence to read; 0 or 1 = all. */
  from(): Promise<number>;
  deliver(message: JsMsg): void;
}

/**
 * Reads a partition's log in order through a dedicated consumer, re-created on demand: the consumer is stored
 * on one server and lost with it, often without notice to its reader.
 */
export class PartitionReader {
  readonly #context: ReaderContext;
  readonly #source: ReaderSource;
  #messages: ConsumerMessages | undefined;
  #reading = 0;
  #opening = false;
  #heardAt = performance.now();
  #stopped = false;
  #consumer: string | undefined;

  constructor(context: ReaderContext, source: ReaderSource) {
    this.#context = context;
    this.#source = source;
  }

  /** Time since the last message or heartbeat of this partition, ms. */
  get silentMs(): number {
    return performance.now() - this.#heardAt;
  }

  /** Whether it is creating a consumer, with retries. */
  get isOpening(): boolean {
    return this.#opening;
  }

  /** Resets the silence timer, after a message or heartbeat, or a pause of this process. */
  forgive(): void {
    this.#heardAt = performance.now();
  }

  /** Reads or re-reads from the first sequence. Resolves when the consumer is created. */
  async read(): Promise<void> {
    const reading = ++this.#reading;
    this.#messages?.stop();
    this.#opening = true;
    while (this.#isCurrent(reading)) {
      try {
        const messages = await this.#consume();
        if (!this.#isCurrent(reading)) return messages.stop();
        this.#messages = messages;
        this.#opening = false;
        this.forgive();
        void this.#listen(messages);
        void this.#drain(messages, reading);
        return;
      } catch (err) {
        const { group, partition } = this.#source;
        this.#context.log.warn({ err, group, partition }, "partition consumer not created, retrying");
        await new Promise((resolve) => setTimeout(resolve, retryMs));
      }
    }
  }

  /** Stops reading. */
  stop(): void {
    this.#stopped = true;
    this.#messages?.stop();
    // A leftover consumer is removed by its inactive threshold.
    if (this.#consumer !== undefined)
      this.#context.jsm.consumers.delete(this.#source.stream, this.#consumer).catch(() => undefined);
  }

  #isCurrent(reading: number): boolean {
    return !this.#stopped && reading === this.#reading;
  }

  async #consume(): Promise<ConsumerMessages> {
    const { js, jsm } = this.#context;
    const { stream, filter } = this.#source;
    const from = await this.#source.from();
    const info = await jsm.consumers.add(stream, {
      filter_subject: filter,
      ...(from > 1
        ? { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: from }
        : { deliver_policy: DeliverPolicy.All }),
      ack_policy: AckPolicy.None,
      max_deliver: 1,
      mem_storage: true,
      num_replicas: 1,
      inactive_threshold: nanos(inactiveMs),
    });
    this.#consumer = info.name;
    return js.consumers
      .getConsumerFromInfo(info)
      .consume({ max_messages: 512, idle_heartbeat: heartbeatMs, abort_on_missing_resource: true });
  }

  async #listen(messages: ConsumerMessages): Promise<void> {
    for await (const { type } of messages.status()) if (type === "heartbeat") this.forgive();
  }

  async #drain(messages: ConsumerMessages, reading: number): Promise<void> {
    const { group, partition } = this.#source;
    let delivered = 0;
    try {
      for await (const message of messages) {
        if (!this.#isCurrent(reading)) return;
        this.forgive();
        if (message.info.deliverySequence !== ++delivered) break;
        this.#source.deliver(message);
        const turn = share.spent();
        if (turn !== undefined) await turn;
      }
    } catch (err) {
      this.#context.log.warn({ err, group, partition }, "partition consumer ended");
    }
    messages.stop();
    if (this.#isCurrent(reading)) await this.read();
  }
}
