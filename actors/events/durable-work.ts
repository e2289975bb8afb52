import { AckPolicy, DeliverPolicy, type JsMsg } from "@nats-io/jetstream";
import { nanos } from "nats";
import type { ActorContext } from "../actor-context.ts";

const ackWaitMs = 30_000;
const retryMs = 1_000;
const maxRetryMs = 30_000;

/** A durable consumer that all processes of a role share: each message goes to one of them, again until it is done. */
export interface DurableWork {
  stream: string;
  /** Name of the consumer; it keeps its place for ever. */
  name: string;
  /** One filter or several. */
  filter: string | string[];
  /** Messages that one process handles at a time. */
  inFlight: number;
  /** Whether a consumer that is made now begins with what comes from now on. */
  onlyNew?: boolean;
}

/**
 * Hands each message to `handle`; a throw brings it again later. What is handled twice must be the same as once.
 * Stops with the process, after what is under way.
 */
export async function startDurableWork(
  { js, jsm, log, lifecycle }: Pick<ActorContext, "js" | "jsm" | "log" | "lifecycle">,
  work: DurableWork,
  handle: (message: JsMsg) => Promise<void>,
): Promise<void> {
  await jsm.consumers.add(work.stream, {
    durable_name: work.name,
    ...(Array.isArray(work.filter) ? { filter_subjects: work.filter } : { filter_subject: work.filter }),
    ack_policy: AckPolicy.Explicit,
    ack_wait: nanos(ackWaitMs),
    max_ack_pending: work.inFlight * 8,
    deliver_policy: work.onlyNew ? DeliverPolicy.New : DeliverPolicy.All,
  });
  const running = new Set<Promise<void>>();
  let stopped = false;
  const one = async (message: JsMsg): Promise<void> => {
    try {
      await handle(message);
      message.ack();
    } catch (err) {
      log.warn({ err, consumer: work.name, subject: message.subject }, "work comes again");
      message.nak(Math.min(maxRetryMs, retryMs * 2 ** Math.min(10, message.info.deliveryCount - 1)));
    }
  };
  const read = async (): Promise<void> => {
    const consumer = await js.consumers.get(work.stream, work.name);
    const messages = await consumer.consume({ max_messages: work.inFlight });
    if (stopped) return messages.stop();
    stop = () => messages.stop();
    for await (const message of messages) {
      const handled = one(message).finally(() => running.delete(handled));
      running.add(handled);
      if (running.size >= work.inFlight) await Promise.race(running);
    }
  };
  let stop: () => void = () => {};
  const loop = async (): Promise<void> => {
    while (!stopped) {
      try {
        await read();
      } catch (err) {
        log.warn({ err, consumer: work.name }, "consumer can't be read yet");
      }
      if (!stopped) await new Promise((resolve) => setTimeout(resolve, retryMs));
    }
  };
  void loop();
  lifecycle.onStop(`consumer ${work.name}`, async () => {
    stopped = true;
    stop();
    await Promise.all(running);
  });
}
