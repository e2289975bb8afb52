import { setTimeout as delay } from "node:timers/promises";
import type { JsMsg } from "@nats-io/jetstream";
import type { z } from "zod";
import type { StoredMessage } from "../../schemas/messages/define.ts";
import type { BusContext } from "./bus.ts";
import { readPayload } from "./payload.ts";
import { reject } from "./rejected.ts";
import { traceOf, withTrace } from "./trace.ts";

const firstDelayMs = 500;
const maxDelayMs = 30_000;
const maxOutageDelayMs = 5_000;
/** Longest wait of one delivery for an unreachable store; afterwards it counts as a failed attempt. */
const outageMs = 600_000;
/**
 * Deliveries, as a multiple of the attempts, after which a message is rejected unhandled: it crashes the
 * process.
 */
const crashFactor = 3;

/** A stored message for its handler. */
export interface Delivered {
  subject: string;
  seq: number;
  /** When it was stored, Unix ms. */
  at: number;
  /** 1 on the first attempt; on later ones a process may have begun handling it. */
  attempt: number;
  /** Whether this is the last attempt. */
  last: boolean;
  /** Aborts when this process stops. */
  signal: AbortSignal;
  /**
   * Acknowledges it and waits for the server's confirmation; without a call it is acknowledged, unawaited,
   * after the handler.
   */
  done(): Promise<void>;
}

/** Handles a message; must be idempotent. An exception causes a redelivery. */
export type Handler<Message extends z.ZodType> = (
  message: z.output<Message>,
  delivered: Delivered,
) => Promise<void>;

/** Delivery options of one consumer. */
export interface DeliveryOptions {
  consumer: string;
  tries: number;
  /** Interval of progress acks (in-progress), ms. */
  workingMs: number;
  signal: AbortSignal;
}

/**
 * Passes stored messages to a handler and settles each: ack, nak with growing delay, or reject. During an
 * outage of a store the message is held, so that the server counts no attempt.
 */
export class Deliveries {
  readonly #context: BusContext;
  readonly #entry: StoredMessage;
  readonly #handle: (message: unknown, delivered: Delivered) => Promise<void>;
  readonly #options: DeliveryOptions;
  readonly #running = new Set<Promise<void>>();
  /** Messages handled so far: an outage that affects only one message is not an outage. */
  #succeeded = 0;

  constructor(
    context: BusContext,
    entry: StoredMessage,
    // The schema that validates the payload also types the handler.
    handle: (message: never, delivered: Delivered) => Promise<void>,
    options: DeliveryOptions,
  ) {
    this.#context = context;
    this.#entry = entry;
    this.#handle = handle as (message: unknown, delivered: Delivered) => Promise<void>;
    this.#options = options;
  }

  /** Handles a message; resolves when it is settled. */
  take(message: JsMsg): Promise<void> {
    const taken = withTrace(traceOf(message.headers), () => this.#take(message))
      .catch((err: unknown) => {
        const { consumer } = this.#options;
        this.#context.log.warn({ err, consumer, subject: message.subject }, "message not acknowledged");
        message.nak(maxDelayMs);
      })
      .finally(() => this.#running.delete(taken));
    this.#running.add(taken);
    return taken;
  }

  /** Resolves when all received messages are settled. */
  async settled(): Promise<void> {
    await Promise.all(this.#running);
  }

  async #take(message: JsMsg): Promise<void> {
    const { tries, consumer, workingMs } = this.#options;
    this.#context.messages.count("received", this.#entry.name);
    const payload = readPayload(this.#entry, message.subject, message.data);
    if (!payload.ok) return this.#setAside(message, payload.error, 0);
    const { deliveryCount } = message.info;
    if (deliveryCount > tries * crashFactor)
      return this.#setAside(message, new Error("delivery limit exceeded without an ack"), deliveryCount);
    const working = setInterval(() => message.working(), workingMs);
    try {
      await this.#try(message, payload.message);
    } catch (err) {
      if (this.#options.signal.aborted) message.nak();
      else if (deliveryCount >= tries) await this.#setAside(message, err, deliveryCount);
      else {
        const { log } = this.#context;
        log.warn(
          { err, consumer, subject: message.subject, seq: message.seq, deliveryCount },
          "handler failed",
        );
        message.nak(delayMs(deliveryCount, maxDelayMs));
      }
    } finally {
      clearInterval(working);
    }
  }

  /** @throws the handler's error, unless the outage can be waited for */
  async #try(message: JsMsg, payload: unknown): Promise<void> {
    const { tries, signal, consumer } = this.#options;
    const { deliveryCount } = message.info;
    const until = performance.now() + outageMs;
    let succeeded = 0;
    for (let waits = 0; ; waits++) {
      const acknowledgement = { sent: false };
      try {
        await this.#handle(payload, {
          subject: message.subject,
          seq: message.seq,
          at: message.info.timestampNanos / 1e6,
          attempt: deliveryCount + waits,
          last: deliveryCount >= tries,
          signal,
          done: async () => {
            acknowledgement.sent = true;
            await message.ackAck();
          },
        });
        this.#succeeded += 1;
        if (!acknowledgement.sent) message.ack();
        return;
      } catch (err) {
        const outage = this.#context.isOutage(err) && performance.now() < until;
        // Others succeeded meanwhile: this message is the cause.
        const alone = waits > 0 && this.#succeeded > succeeded;
        succeeded = this.#succeeded;
        if (signal.aborted || !outage || alone) throw err;
        this.#context.log.warn({ err, consumer, seq: message.seq }, "store unreachable, message held");
        await delay(delayMs(waits + 1, maxOutageDelayMs), undefined, { signal });
      }
    }
  }

  async #setAside(message: JsMsg, reason: unknown, tries: number): Promise<void> {
    const { subject, data, seq, info } = message;
    const origin = { subject, data, seq, tries, stream: info.stream, at: info.timestampNanos / 1e6 };
    await reject(this.#context, this.#entry, { ...origin, consumer: this.#options.consumer }, reason);
    message.term();
  }
}

function delayMs(count: number, most: number): number {
  return Math.min(most, firstDelayMs * 2 ** Math.min(10, count - 1));
}
