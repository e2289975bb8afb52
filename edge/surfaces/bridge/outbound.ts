import { createHash } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { KV } from "@nats-io/kv";
import { z } from "zod";
import type { Delivered } from "../../../infra/bus/consume.ts";
import { openBucket } from "../../../infra/nats/buckets.ts";
import type { BridgeReply } from "../../../schemas/documents/bridge.ts";
import { bridgeReply } from "../../../schemas/messages/bridge.ts";
import { platforms } from "../../../schemas/platforms.ts";
import type { Services } from "../../services.ts";
import { messageParts } from "../message-parts.ts";
import type { Bridge, Delivery } from "./bridge.ts";
import { idOf } from "./chat-names.ts";

/** Delivery marks of replies, needed until the ack; TTL is the stream's max age. */
const bucketName = "parley_bridge_marks";
const markMs = 86_400_000;
/** Ack wait: a reply whose edge has sent no sign of life for this long is redelivered to another edge. */
const ackWaitMs = 10_000;
const unsentAgainMs = 500;
const mostUnsentMs = 15_000;
/** Longest wait of a reply for its platform or a flood limit; afterwards it is dropped and logged. */
const giveUpMs = 3_600_000;
/** Maximum unacknowledged replies; all replies of a waiting chat count. */
const repliesAtOnce = 256;

/** The last part of a reply passed to the platform; `writing`: its result is unknown. */
const markSchema = z.object({ id: z.string(), part: z.int(), writing: z.boolean() });
type Mark = z.infer<typeof markSchema>;

/**
 * Sends a bot's queued replies while its platform is reachable: in order within a chat, concurrently across
 * chats. A mark before each send lets another edge, after a crash of this one, skip what was already sent.
 */
export class Outbound {
  readonly #services: Services;
  readonly #bridge: Bridge;
  readonly #self: string;
  readonly #chats = new Map<string, Promise<void>>();
  readonly #stopping = new AbortController();
  #consumer: Promise<{ stop(): Promise<void> } | undefined> | undefined;

  constructor(services: Services, bridge: Bridge, self: string) {
    this.#services = services;
    this.#bridge = bridge;
    this.#self = self;
  }

  /** Starts sending. */
  start(): this {
    this.#consumer = this.#consume();
    return this;
  }

  /** Stops taking replies; resolves when those in progress are done. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await (await this.#consumer)?.stop();
  }

  async #consume(): Promise<{ stop(): Promise<void> } | undefined> {
    const { bus } = this.#services.link;
    const { platform } = this.#bridge;
    const options = {
      name: idOf(`${platform}_`, this.#self),
      of: { platform, self: this.#self },
      inFlight: repliesAtOnce,
      pending: repliesAtOnce,
      exclusive: true,
      ackWaitMs,
      stoppedByCaller: true,
    };
    await this.#waitForRedelivery(options.name);
    if (this.#stopping.signal.aborted) return undefined;
    return bus.consume(bridgeReply, options, (reply, delivered) =>
      this.#inChat(reply, () => this.#deliver(reply, delivered)),
    );
  }

  /** Replies of a crashed edge are redelivered after the ack wait; newer ones must not overtake them. */
  async #waitForRedelivery(name: string): Promise<void> {
    const { jsm } = this.#services.link;
    const info = await jsm.consumers.info(bridgeReply.stream, name).catch(() => undefined);
    if (info === undefined || info.num_ack_pending === 0) return;
    await delay(ackWaitMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
  }

  /** Runs `deliver` after earlier deliveries to the same chat. */
  #inChat({ address }: BridgeReply, deliver: () => Promise<void>): Promise<void> {
    const key = `${address.kind} ${address.chat}`;
    const before = this.#chats.get(key) ?? Promise.resolve();
    const done = before.catch(() => {}).then(deliver);
    this.#chats.set(key, done);
    const forget = () => {
      if (this.#chats.get(key) === done) this.#chats.delete(key);
    };
    done.then(forget, forget);
    return done;
  }

  async #deliver(reply: BridgeReply, delivered: Delivered): Promise<void> {
    const { log, link } = this.#services;
    const marks = await openBucket(link.nc, bucketName, { ttl: markMs });
    const parts = messageParts(reply.text, platforms[this.#bridge.platform].textChars);
    const before = delivered.attempt > 1 ? await this.#mark(marks, reply) : undefined;
    if (before?.writing) log.warn({ reply: reply.id, part: before.part }, "bridge reply delivery unknown");
    const first = before === undefined ? 0 : before.part + 1;
    for (const [part, text] of parts.entries()) {
      if (part < first) continue;
      const delivery = await this.#sendPart(reply, { part, text }, delivered, marks);
      if (delivery.kind === "sent") continue;
      log.warn(
        { reply: reply.id, platform: this.#bridge.platform, part, delivery },
        "bridge reply not delivered",
      );
      // After a refused part, later parts would be refused, too.
      if (delivery.kind !== "unknown") break;
    }
    await delivered.done();
  }

  /**
   * Sends one part until the platform has accepted or refused it; waiting here preserves the chat's order.
   */
  async #sendPart(
    reply: BridgeReply,
    { part, text }: { part: number; text: string },
    delivered: Delivered,
    marks: KV,
  ): Promise<Delivery> {
    const key = idOf("", `${reply.id}.${part}`).slice(-48);
    const outbound = { address: reply.address, text, first: part === 0, key };
    for (let waits = 0; ; waits += 1) {
      await this.#write(marks, reply, { id: reply.id, part, writing: true });
      const delivery = await this.#bridge.send(outbound);
      if (delivery.kind !== "unsent" && delivery.kind !== "later") return delivery;
      await this.#write(marks, reply, { id: reply.id, part: part - 1, writing: false });
      if (Date.now() - delivered.at > giveUpMs) return delivery;
      await delay(waitMs(delivery, waits), undefined, { signal: delivered.signal });
    }
  }

  async #mark(marks: KV, reply: BridgeReply): Promise<Mark | undefined> {
    const entry = await marks.get(this.#key(reply));
    const mark = markSchema.safeParse(entry?.json());
    return mark.success && mark.data.id === reply.id ? mark.data : undefined;
  }

  async #write(marks: KV, reply: BridgeReply, mark: Mark): Promise<void> {
    await marks.put(this.#key(reply), JSON.stringify(mark));
  }

  #key({ id, address }: BridgeReply): string {
    return `${address.platform}.${createHash("sha256").update(id).digest("hex").slice(0, 32)}`;
  }
}

function waitMs(delivery: Delivery, waits: number): number {
  if (delivery.kind === "later") return delivery.afterMs;
  return Math.min(mostUnsentMs, unsentAgainMs * 2 ** Math.min(5, waits));
}
