import type { KV } from "@nats-io/kv";
import { z } from "zod";
import { type Delivered, RetryLater } from "../../../infra/bus/consume.ts";
import { openBucket } from "../../../infra/nats/buckets.ts";
import { type BridgeReply, bridgeTraits } from "../../../schemas/documents/bridge.ts";
import { bridgeReply } from "../../../schemas/messages/bridge.ts";
import type { Services } from "../../services.ts";
import { messageParts } from "../webhook/message-parts.ts";
import type { Bridge, Delivery } from "./bridge.ts";

const bucketName = "parley_bridge";
/** After so long without a word of it the reply of an edge that died is another's. */
const ackWaitMs = 10_000;
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
  #consumer: Promise<{ stop(): Promise<void> }> | undefined;
  /** The reply that its platform has refused, and how often. */
  #refused = { id: "", count: 0 };

  constructor(services: Services, bridge: Bridge, self: string) {
    this.#services = services;
    this.#bridge = bridge;
    this.#self = self;
  }

  /** Begins to send. */
  start(): this {
    const { platform } = this.#bridge;
    this.#consumer = this.#services.link.bus.consume(
      bridgeReply,
      {
        name: `${platform}_${this.#self}`,
        of: { platform, self: this.#self },
        inFlight: 1,
        // One at a time for all edges: replies keep their order, and one mark is enough.
        pending: 1,
        oneByOne: true,
        ackWaitMs,
        stoppedByCaller: true,
      },
      (reply, delivered) => this.#deliver(reply, delivered),
    );
    return this;
  }

  /** Takes no more replies; resolves when the one under way is settled. */
  async stop(): Promise<void> {
    await (await this.#consumer)?.stop();
  }

  async #deliver(reply: BridgeReply, { attempt, done }: Delivered): Promise<void> {
    const { log, link } = this.#services;
    const marks = await openBucket(link.nc, bucketName);
    const parts = messageParts(reply.text, bridgeTraits[this.#bridge.platform].textChars);
    const before = attempt > 1 ? await this.#mark(marks, reply.id) : undefined;
    if (before?.writing) log.warn({ reply: reply.id, part: before.part }, "reply may have been delivered");
    for (let part = before === undefined ? 0 : before.part + 1; part < parts.length; part++) {
      await this.#write(marks, { id: reply.id, part, writing: true });
      const text = { address: reply.address, text: parts[part] ?? "", first: part === 0 };
      const delivery = await this.#bridge.send(text);
      if (delivery.kind === "unsent" || this.#mayTryAgain(reply.id, delivery)) {
        await this.#write(marks, { id: reply.id, part: part - 1, writing: false });
        throw new RetryLater(waitMs(delivery));
      }
      if (delivery.kind !== "sent")
        log.warn({ reply: reply.id, part, delivery }, "reply not known to be sent");
    }
    // The platform has it: it must be gone before the next one's mark replaces this one's.
    await done();
  }

  #mayTryAgain(id: string, delivery: Delivery): boolean {
    if (delivery.kind !== "refused") return false;
    this.#refused = { id, count: this.#refused.id === id ? this.#refused.count + 1 : 1 };
    return delivery.retryAfterMs !== undefined || this.#refused.count < offers;
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

function waitMs(delivery: Delivery): number {
  if (delivery.kind !== "refused") return againMs;
  return delivery.retryAfterMs ?? refusedAgainMs;
}
