import { setTimeout as delay } from "node:timers/promises";
import { AckPolicy, type Consumer, DeliverPolicy, type JsMsg } from "@nats-io/jetstream";
import { nanos } from "nats";
import type { z } from "zod";
import { type Address, filterOf, type StoredMessage } from "../../schemas/messages/define.ts";
import type { BusContext } from "./bus.ts";
import { Deliveries, type Handler } from "./deliveries.ts";

export type { Delivered, Handler } from "./deliveries.ts";

const defaultAckWaitMs = 30_000;
const defaultTries = 8;
const readAgainMs = 1_000;
const pullMs = 5_000;

/** A durable consumer shared by all processes: each message is delivered to one of them. */
export interface ConsumerOptions<Subject extends string> {
  /** Durable name; the server stores its position. */
  name: string;
  /** Filter; all messages of the entry by default. */
  of?: Partial<Address<Subject>>;
  /** Concurrency of one process. */
  inFlight: number;
  /** Maximum unacknowledged messages across all processes; default: eight times `inFlight`. */
  pending?: number;
  /** Whether a new consumer starts with messages stored from now on. */
  onlyNew?: boolean;
  /**
   * For long work: a process fetches a message only when it can start it, so that none waits in its memory.
   */
  oneByOne?: boolean;
  /** Only one process reads at a time, with failover: for work whose order matters. */
  exclusive?: boolean;
  /** Ack wait: a message without progress for this long is redelivered, ms. */
  ackWaitMs?: number;
  /** Waits for its stream to exist, and may stop before the process does. */
  stoppedByCaller?: boolean;
  /** Failed deliveries after which a message is rejected. */
  tries?: number;
}

/** The only priority group of an exclusive consumer: the server pins one of its readers. */
const group = "reader";

function pinned(timeoutMs: number) {
  return {
    priority_groups: [group],
    priority_policy: "pinned_client" as const,
    priority_timeout: nanos(timeoutMs),
  };
}

/**
 * See {@link Bus.consume}. `stop` fetches nothing more and resolves when the handlers in progress have ended.
 */
export async function startConsumer<Subject extends string, Message extends z.ZodType>(
  context: BusContext,
  entry: StoredMessage<Subject, Message>,
  options: ConsumerOptions<Subject>,
  handle: Handler<Message>,
): Promise<{ stop(): Promise<void> }> {
  const { jsm, js, log } = context;
  const { name, inFlight, onlyNew, oneByOne = false, exclusive = false, stoppedByCaller = false } = options;
  const ackWaitMs = options.ackWaitMs ?? defaultAckWaitMs;
  const ensure = () =>
    jsm.consumers.add(entry.stream, {
      durable_name: name,
      filter_subject: filterOf(entry, options.of),
      ack_policy: AckPolicy.Explicit,
      ack_wait: nanos(ackWaitMs),
      max_ack_pending: options.pending ?? inFlight * 8,
      deliver_policy: onlyNew === true ? DeliverPolicy.New : DeliverPolicy.All,
      ...(exclusive && pinned(ackWaitMs)),
    });
  if (!stoppedByCaller) await ensure();
  const stopping = new AbortController();
  const deliveries = new Deliveries(context, entry, handle, {
    consumer: name,
    tries: options.tries ?? defaultTries,
    workingMs: ackWaitMs / 3,
    signal: stopping.signal,
  });
  const read = async (): Promise<void> => {
    // On every attempt: a node that lost its disk has no consumer.
    await ensure();
    const consumer = await js.consumers.get(entry.stream, name);
    await (oneByOne ? takeEach(consumer, deliveries, stopping.signal) : takeMany(consumer));
  };
  const takeMany = async (consumer: Consumer): Promise<void> => {
    const messages = await consumer.consume({ max_messages: inFlight, ...(exclusive && { group }) });
    const stop = () => messages.stop();
    stopping.signal.addEventListener("abort", stop);
    if (stopping.signal.aborted) stop();
    const running = new Set<Promise<void>>();
    for await (const message of messages) {
      const handled = deliveries.take(message).finally(() => running.delete(handled));
      running.add(handled);
      if (running.size >= inFlight) await Promise.race(running);
    }
    stopping.signal.removeEventListener("abort", stop);
  };
  const loop = async (): Promise<void> => {
    while (!stopping.signal.aborted && !context.nc.isClosed()) {
      try {
        await read();
      } catch (err) {
        if (!stopping.signal.aborted) log.warn({ err, consumer: name }, "consumer not readable");
      }
      await delay(readAgainMs, undefined, { signal: stopping.signal }).catch(() => {});
    }
  };
  const loops = Array.from({ length: oneByOne ? inFlight : 1 }, loop);
  const stop = async () => {
    stopping.abort();
    await Promise.all([deliveries.settled(), ...(oneByOne ? loops : [])]);
  };
  if (!stoppedByCaller) context.lifecycle?.onStop(`consumer ${name}`, stop);
  return { stop };
}

async function takeEach(consumer: Consumer, deliveries: Deliveries, signal: AbortSignal): Promise<void> {
  const stopped = new Promise<null>((resolve) => {
    signal.addEventListener("abort", () => resolve(null), { once: true });
  });
  while (!signal.aborted) {
    const next = consumer.next({ expires: pullMs });
    const message = await Promise.race([next, stopped]);
    if (signal.aborted) {
      void next.then((late: JsMsg | null) => late?.nak()).catch(() => {});
      return;
    }
    if (message !== null) await deliveries.take(message);
  }
}
