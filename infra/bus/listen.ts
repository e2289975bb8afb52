import type { MsgHdrs, Subscription } from "nats";
import type { z } from "zod";
import { type Address, filterOf, type Signal } from "../../schemas/messages/define.ts";
import type { BusContext } from "./bus.ts";
import { readPayload } from "./payload.ts";
import { traceOf, withTrace } from "./trace.ts";

/** A subscription. */
export interface Listening {
  /** Stops handling messages at once. */
  stop(): void;
  /** Drains: resolves when all messages the server had sent were handled. */
  drain(): Promise<void>;
}

/** Origin of a message. */
export interface ReceivedFrom {
  subject: string;
}

/** A raw message. */
export interface RawMessage {
  subject: string;
  data: Uint8Array;
  headers: MsgHdrs | undefined;
}

/** See {@link Bus.listen}. */
export function listen<Subject extends string, Message extends z.ZodType>(
  context: BusContext,
  entry: Signal<Subject, Message>,
  handle: (message: z.output<Message>, from: ReceivedFrom) => void,
  of?: Partial<Address<Subject>>,
): Listening {
  return listenRaw(
    context,
    entry,
    ({ subject, data }) => {
      const payload = readPayload(entry, subject, data);
      if (payload.ok) handle(payload.message, { subject });
      else {
        context.messages.count("rejected", entry.name);
        context.log.warn({ err: payload.error, subject }, "invalid message");
      }
    },
    of,
  );
}

/** See {@link Bus.listenRaw}. */
export function listenRaw<Subject extends string>(
  context: BusContext,
  entry: Pick<Signal<Subject>, "name" | "subject" | "queue">,
  handle: (message: RawMessage) => void,
  of?: Partial<Address<Subject>>,
): Listening {
  const { nc, log, messages } = context;
  const subscription = nc.subscribe(filterOf(entry, of), {
    ...(entry.queue !== undefined && { queue: entry.queue }),
    callback: (err, { subject, data, headers }) => {
      if (err !== null) return log.error({ err, message: entry.name }, "subscription failed");
      messages.count("received", entry.name);
      try {
        withTrace(traceOf(headers), () => handle({ subject, data, headers }));
      } catch (cause) {
        log.error({ err: cause, subject }, "message handler failed");
      }
    },
  });
  return listeningOf(subscription);
}

/** A subscription of the NATS client as a {@link Listening}. */
export function listeningOf(subscription: Subscription): Listening {
  return { stop: () => subscription.unsubscribe(), drain: () => subscription.drain() };
}
