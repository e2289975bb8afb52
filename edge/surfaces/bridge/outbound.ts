import { AckPolicy, type Consumer, DeliverPolicy, type JsMsg, jetstream } from "@nats-io/jetstream";
import type { KV } from "@nats-io/kv";
import { nanos } from "nats";
import { z } from "zod";
import { openBucket } from "../../../infra/nats/buckets.ts";
import { type BridgeReply, bridgeReplySchema, bridgeTraits } from "../../../schemas/documents/bridge.ts";
import { streams, subjects } from "../../../schemas/messages/subjects.ts";
import type { Services } from "../../services.ts";
import { messageParts } from "../webhook/message-parts.ts";
import type { Bridge, Delivery } from "./bridge.ts";

const bucketName = "parley_bridge";
/** After so long without a word of it the reply of an edge that died is another's. */
const ackWaitMs = 10_000;
const workingMs = 3_000;
const pullMs = 5_000;
const againMs = 500;
const refusedAgainMs = 2_000;
/** Times that a text is offered to a platform which refuses it. */
const offers = 3;

/** The part of a reply that was last given to the platform; `writing`: whether it arrived was not known yet. */
const markSchema = z.object({ id: z.string(), part: z.int(), writing: z.boolean() });
type Mark = z.infer<typeof markSchema>;

/**
 * Sends one bot's waiting replies, one after another, while its platform can be reached. A mark before each write lets
 * another edge tell, when this one dies, what was written: it is not sent twice.
 */
export class Outbound {
  readonly #services: Services;
  readonly #bridge: Bridge;
  readonly #self: string;
  #stopped = false;
  #delivering: Promise<void> = Promise.resolve();

  constructor(services: Services, bridge: Bridge, self: string) {
    this.#services = services;
    this.#bridge = bridge;
    this.#self = self;
  }

  /** Begins to send. */
  start(): this {
    void this.#run();
    return this;
  }

  /** Takes no more replies; resolves when the one under way is settled. */
  stop(): Promise<void> {
    this.#stopped = true;
    return this.#delivering;
  }

  async #run(): Promise<void> {
    const { link, log } = this.#services;
    while (!this.#stopped && !link.nc.isClosed()) {
      try {
        const [consumer, marks] = await Promise.all([this.#consumer(), openBucket(link.nc, bucketName)]);
        while (!this.#stopped) await this.#next(consumer, marks);
      } catch (err) {
        if (this.#stopped || link.nc.isClosed()) return;
        log.debug({ err, platform: this.#bridge.platform }, "replies not readable yet");
        await new Promise((resolve) => setTimeout(resolve, againMs));
      }
    }
  }

  async #consumer(): Promise<Consumer> {
    const { nc, jsm } = this.#services.link;
    const name = `${this.#bridge.platform}_${this.#self}`;
    await jsm.consumers.add(streams.bridge, {
      durable_name: name,
      filter_subject: subjects.bridgeOut(this.#bridge.platform, this.#self),
      ack_policy: AckPolicy.Explicit,
      ack_wait: nanos(ackWaitMs),
      deliver_policy: DeliverPolicy.All,
      // One at a time: replies keep their order, and one mark is enough.
      max_ack_pending: 1,
    });
    return jetstream(nc).consumers.get(streams.bridge, name);
  }

  async #next(consumer: Consumer, marks: KV): Promise<void> {
    const message = await consumer.next({ expires: pullMs });
    if (message === null) return;
    const reply = bridgeReplySchema.safeParse(message.json());
    if (this.#stopped) message.nak();
    else if (reply.success) {
      const working = setInterval(() => message.working(), workingMs);
      const delivering = this.#deliver(message, reply.data, marks).finally(() => clearInterval(working));
      this.#delivering = delivering.catch(() => {});
      await delivering;
    } else message.term("not a reply");
  }

  async #deliver(message: JsMsg, reply: BridgeReply, marks: KV): Promise<void> {
    const { log } = this.#services;
    const parts = messageParts(reply.text, bridgeTraits[this.#bridge.platform].textChars);
    const before = message.redelivered ? await this.#mark(marks, reply.id) : undefined;
    if (before?.writing)
      log.warn({ reply: reply.id, part: before.part }, "not known whether a reply arrived");
    for (let part = before === undefined ? 0 : before.part + 1; part < parts.length; part++) {
      await this.#write(marks, { id: reply.id, part, writing: true });
      const text = { address: reply.address, text: parts[part] ?? "", first: part === 0 };
      const delivery = await this.#bridge.send(text);
      if (delivery.kind === "unsent" || mayTryAgain(delivery, message.info.deliveryCount)) {
        await this.#write(marks, { id: reply.id, part: part - 1, writing: false });
        message.nak(waitMs(delivery));
        return;
      }
      if (delivery.kind !== "sent")
        log.warn({ reply: reply.id, part, delivery }, "reply not known to be sent");
    }
    // The platform has it: it must be gone before the next one's mark replaces this one's.
    await message.ackAck();
  }

  async #mark(marks: KV, id: string): Promise<Mark | undefined> {
    const entry = await marks.get(this.#key);
    const mark = markSchema.safeParse(entry?.json());
    return mark.success && mark.data.id === id ? mark.data : undefined;
  }

  async #write(marks: KV, mark: Mark): Promise<void> {
    await marks.put(this.#key, JSON.stringify(mark));
  }

  get #key(): string {
    return `${this.#bridge.platform}.${this.#self}`;
  }
}

function mayTryAgain(delivery: Delivery, count: number): boolean {
  if (delivery.kind !== "refused") return false;
  return delivery.retryAfterMs !== undefined || count < offers;
}

function waitMs(delivery: Delivery): number {
  if (delivery.kind !== "refused") return againMs;
  return delivery.retryAfterMs ?? refusedAgainMs;
}
