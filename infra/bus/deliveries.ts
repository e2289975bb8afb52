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
/** Longest that one delivery waits for a store that can't be reached; after that it counts as a failed try. */
const outageMs = 600_000;
/** Deliveries, as a multiple of the tries, after which a message is not handed to its handler: it ends the process. */
const crashFactor = 3;

/** A stored message as its handler gets it. */
export interface Delivered {
  subject: string;
  seq: number;
  /** When it was stored, Unix ms. */
  at: number;
  /** 1 at the first try; more where a process may have begun with it before. */
  attempt: number;
  /** Whether a failure of this try is the last one. */
  last: boolean;
  /** Aborts when this process stops. */
  signal: AbortSignal;
  /** Acknowledges it and waits until the server knows; without a call that is done, unawaited, after the handler. */
  done(): Promise<void>;
}

/** Handles a message; what is handled twice must be the same as once. A throw brings it again. */
export type Handler<Message extends z.ZodType> = (
  message: z.output<Message>,
  delivered: Delivered,
) => Promise<void>;

/** Thrown by a handler that bounds its tries by itself: the message is handed to it again after a time. */
export class RetryLater extends Error {
  readonly afterMs: number;

  constructor(afterMs: number) {
    super(`try again after ${afterMs} ms`);
    this.afterMs = afterMs;
  }
}

/** How deliveries of one consumer are handled. */
export interface DeliveryOptions {
  consumer: string;
  tries: number;
  /** ms between two signs of life to the server. */
  workingMs: number;
  signal: AbortSignal;
}

/**
 * Hands stored messages to a handler and settles each: acknowledged, given back for another try with growing delay, or
 * set aside. An outage of a store is waited for while the message is held, so that the server counts no try for it.
 */
export class Deliveries {
  readonly #context: BusContext;
  readonly #entry: StoredMessage;
  readonly #handle: (message: unknown, delivered: Delivered) => Promise<void>;
  readonly #options: DeliveryOptions;
  readonly #running = new Set<Promise<void>>();
  /** Messages handled so far: an outage that others do not see is none. */
  #succeeded = 0;

  constructor(
    context: BusContext,
    entry: StoredMessage,
    // The payload is parsed by the schema that types the handler.
    handle: (message: never, delivered: Delivered) => Promise<void>,
    options: DeliveryOptions,
  ) {
    this.#context = context;
    this.#entry = entry;
    this.#handle = handle as (message: unknown, delivered: Delivered) => Promise<void>;
    this.#options = options;
  }

  /** Takes a message; resolves when it is settled. */
  take(message: JsMsg): Promise<void> {
    const taken = withTrace(traceOf(message.headers), () => this.#take(message))
      .catch((err: unknown) => {
        const { consumer } = this.#options;
        this.#context.log.warn({ err, consumer, subject: message.subject }, "message not settled");
        message.nak(maxDelayMs);
      })
      .finally(() => this.#running.delete(taken));
    this.#running.add(taken);
    return taken;
  }

  /** Resolves when all that was taken is settled. */
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
      return this.#setAside(message, new Error("not acknowledged by any process"), deliveryCount);
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

  /** @throws what the handler threw, unless that can be waited for */
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
        const later = err instanceof RetryLater ? err.afterMs : undefined;
        const outage = this.#context.isOutage(err) && performance.now() < until;
        // Others were handled meanwhile: it is this message that fails.
        const alone = waits > 0 && this.#succeeded > succeeded;
        succeeded = this.#succeeded;
        if (signal.aborted || (later === undefined && (!outage || alone))) throw err;
        if (later === undefined)
          this.#context.log.warn({ err, consumer, seq: message.seq }, "store not reachable, message waits");
        await delay(later ?? delayMs(waits + 1, maxOutageDelayMs), undefined, { signal });
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
