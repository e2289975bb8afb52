import type { z } from "zod";
import type { Listening, RawMessage } from "../../infra/bus/listen.ts";
import { readPayload } from "../../infra/bus/payload.ts";
import type { Logger } from "../../infra/log.ts";
import type { Signal } from "../../schemas/messages/define.ts";
import { edgeInbox } from "../../schemas/messages/out.ts";
import { lastToken } from "../../schemas/messages/subjects.ts";
import type { NatsLink } from "../nats-link.ts";

/** Receives messages for one socket or request. */
export interface Receiver<Message> {
  /** `text`: the message's JSON. */
  message(message: Message, text: string): void;
  /** The request with this inbox as reply subject had no responders. */
  unserved?(): void;
  /** The message does not match the schema. */
  invalid?(error: Error): void;
}

/** Receives all messages for the sockets and requests of this edge, on one subscription. */
export class Inbox {
  readonly #receivers = new Map<string, (message: RawMessage) => void>();
  readonly #subscription: Listening;
  readonly #log: Logger;

  constructor(link: NatsLink, edge: string, log: Logger) {
    this.#log = log;
    this.#subscription = link.bus.listenRaw(
      edgeInbox,
      (message) => this.#receivers.get(lastToken(message.subject))?.(message),
      { edge },
    );
  }

  /** Passes messages for `name`, validated by the schema of `entry`, to `receiver` until {@link remove}. */
  add<Message extends z.ZodType>(
    name: string,
    entry: Signal<string, Message>,
    receiver: Receiver<z.output<Message>>,
  ): void {
    this.#receivers.set(name, (raw) => {
      if (raw.data.length === 0 && raw.headers?.code === 503) return receiver.unserved?.();
      const payload = readPayload(entry, raw.subject, raw.data);
      if (payload.ok) return receiver.message(payload.message, Buffer.from(raw.data).toString());
      this.#log.warn({ err: payload.error, message: entry.name }, "invalid message");
      receiver.invalid?.(payload.error);
    });
  }

  /** Removes the receiver; later messages are dropped. */
  remove(name: string): void {
    this.#receivers.delete(name);
  }

  /** Ends the subscription. */
  close(): void {
    this.#subscription.stop();
  }
}
