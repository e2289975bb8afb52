import { type JetStreamClient, type JetStreamManager, jetstream, jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "nats";
import type { z } from "zod";
import type { Limits } from "../../schemas/limits.ts";
import {
  type Address,
  type Definition,
  encode,
  type Request,
  type Signal,
  type StoredMessage,
  subjectOf,
} from "../../schemas/messages/define.ts";
import type { Lifecycle } from "../lifecycle.ts";
import type { Logger } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import { isNatsOutage } from "../nats/outage.ts";
import { type AskOptions, ask, type Question } from "./ask.ts";
import { askAll } from "./ask-all.ts";
import { type ConsumerOptions, type Handler, startConsumer } from "./consume.ts";
import { isLarge } from "./large-payload.ts";
import { type Listening, listen, listenRaw, type RawMessage, type ReceivedFrom } from "./listen.ts";
import { MessageMetrics } from "./message-metrics.ts";
import { type Origin, reject } from "./rejected.ts";
import { type ServeOptions, type Serving, serve } from "./serve.ts";
import { type StoredAck, type StoreOptions, StreamPublisher } from "./stream-publisher.ts";
import { withTraceparent } from "./trace.ts";

/** Constructor options of a bus. */
export interface BusOptions {
  nc: NatsConnection;
  log: Logger;
  metrics: Pick<Metrics, "counter" | "histogram">;
  limits: Limits;
  /** Consumers end with the process. */
  lifecycle?: Pick<Lifecycle, "onStop">;
  /**
   * Whether a handler's error means that a store is unreachable: the message then waits, and no attempt is
   * counted.
   */
  isOutage?: (err: unknown) => boolean;
}

/** How a message is stored; `id` overrides the entry's. */
export interface AppendOptions<Subject extends string> extends StoreOptions {
  to?: Address<Subject>;
  /** The message as JSON, if already encoded. */
  text?: string;
}

/** State shared by the functions of this folder. */
export interface BusContext extends Omit<BusOptions, "isOutage"> {
  isOutage: (err: unknown) => boolean;
  js: JetStreamClient;
  jsm: JetStreamManager;
  publisher: StreamPublisher;
  messages: MessageMetrics;
}

/**
 * All publishes, requests and subscriptions of a process, by the entries of `schemas/messages/`: each message
 * is validated by its entry's schema on receipt, and counted. Generic: it contains no subject.
 */
export class Bus {
  readonly #context: BusContext;
  #up = true;

  private constructor(context: BusContext) {
    this.#context = context;
    void this.#follow();
  }

  /** Creates a bus on a connection. Sends nothing to the server yet. */
  static async over(options: BusOptions): Promise<Bus> {
    const { nc } = options;
    return new Bus({
      isOutage: isNatsOutage,
      ...options,
      js: jetstream(nc),
      jsm: await jetstreamManager(nc, { checkAPI: false }),
      publisher: new StreamPublisher(nc),
      messages: new MessageMetrics(options.metrics),
    });
  }

  /** Whether the connection is up. Messages sent while it is down are delivered late or not at all. */
  get up(): boolean {
    return this.#up;
  }

  /** Stores raw payloads, for copying a stream. */
  get publisher(): Pick<StreamPublisher, "publish"> {
    return this.#context.publisher;
  }

  /** Maximum payload bytes of a message. */
  get maxBytes(): number {
    return this.#context.publisher.maxBytes;
  }

  /** Publishes a message without an ack. `to` gives the subject's tokens that are not in the message. */
  signal<Subject extends string, Message extends z.ZodType>(
    entry: Signal<Subject, Message>,
    message: z.input<Message>,
    to?: Address<Subject>,
  ): void {
    this.signalText(entry, encode(entry, message), to ?? addressOf(entry, message));
  }

  /**
   * Publishes an encoded message; one over the server's limit is logged and dropped. If its subject has no
   * responders, the server reports that to `reply`.
   */
  signalText<Subject extends string>(
    entry: Pick<Definition<Subject>, "name" | "subject">,
    text: string,
    to: Address<Subject>,
    reply?: string,
  ): void {
    const { nc, messages, log } = this.#context;
    if (nc.isClosed()) return;
    const subject = subjectOf(entry, to);
    if (isLarge(text, this.maxBytes)) {
      log.error({ subject, bytes: Buffer.byteLength(text) }, "message too large, dropped");
      return;
    }
    const head = withTraceparent();
    nc.publish(subject, text, {
      ...(reply !== undefined && { reply }),
      ...(head !== undefined && { headers: head }),
    });
    messages.count("published", entry.name);
  }

  /** Subscribes to a signal; `of` narrows its subject. */
  listen<Subject extends string, Message extends z.ZodType>(
    entry: Signal<Subject, Message>,
    handle: (message: z.output<Message>, from: ReceivedFrom) => void,
    of?: Partial<Address<Subject>>,
  ): Listening {
    return listen(this.#context, entry, handle, of);
  }

  /** Subscribes to a message that is not validated; its entry says why. */
  listenRaw<Subject extends string>(
    entry: Pick<Signal<Subject>, "name" | "subject" | "raw" | "queue">,
    handle: (message: RawMessage) => void,
    of?: Partial<Address<Subject>>,
  ): Listening {
    return listenRaw(this.#context, entry, handle, of);
  }

  /**
   * Sends a request to one process: once, or repeatedly for the entry's `retryMs`.
   * @throws NoAnswer; ParleyError as the responder threw it
   */
  ask<Subject extends string, Message extends z.ZodType, Answer extends z.ZodType>(
    entry: Request<Subject, Message, Answer>,
    question: Question<Message>,
    options?: AskOptions<Subject>,
  ): Promise<z.output<Answer>> {
    return ask(this.#context, entry, question, options);
  }

  /**
   * Sends a request to all its responders and collects their answers: until the entry's timeout (`timer`), or
   * until none follows (`stall`). Late answers are omitted.
   */
  askAll<Message extends z.ZodType, Answer extends z.ZodType>(
    entry: Request<string, Message, Answer>,
    message: z.input<Message>,
    strategy: "timer" | "stall" = "timer",
  ): Promise<z.output<Answer>[]> {
    return askAll(this.#context, entry, message, strategy);
  }

  /** Serves requests; a thrown ParleyError is sent as the answer. */
  serve<Subject extends string, Message extends z.ZodType, Answer extends z.ZodType>(
    entry: Request<Subject, Message, Answer>,
    handler: Serving<Message, Answer>,
    options?: ServeOptions<Subject>,
  ): Listening {
    return serve(this.#context, entry, handler, options);
  }

  /**
   * Stores a message in its stream; resolves with the stream's ack.
   * @throws MessageTooLarge, and errors of {@link StreamPublisher.publish}
   */
  append<Subject extends string, Message extends z.ZodType>(
    entry: StoredMessage<Subject, Message>,
    message: z.input<Message>,
    options: AppendOptions<Subject> = {},
  ): Promise<StoredAck> {
    const to = options.to ?? addressOf(entry, message);
    const id = options.id ?? entry.id?.(message);
    return this.appendText(entry, options.text ?? encode(entry, message), { ...options, to, id });
  }

  /** Stores an encoded message; as {@link append}. */
  appendText<Subject extends string>(
    entry: Pick<StoredMessage<Subject>, "name" | "subject">,
    text: string,
    { to, ...options }: StoreOptions & { to: Address<Subject> },
  ): Promise<StoredAck> {
    this.#context.messages.count("published", entry.name);
    return this.#context.publisher.publish(subjectOf(entry, to), text, options);
  }

  /**
   * Reads stored messages with a durable consumer shared by all processes; see {@link ConsumerOptions}. It
   * stops with the process, after the handlers in progress, or when its caller stops it.
   */
  consume<Subject extends string, Message extends z.ZodType>(
    entry: StoredMessage<Subject, Message>,
    options: ConsumerOptions<Subject>,
    handle: Handler<Message>,
  ): Promise<{ stop(): Promise<void> }> {
    return startConsumer(this.#context, entry, options, handle);
  }

  /** Moves a message that can't be handled to REJECTED, for the administrator, and counts it. */
  reject(entry: { name: string }, origin: Origin, reason: unknown): Promise<void> {
    return reject(this.#context, entry, origin, reason);
  }

  async #follow(): Promise<void> {
    for await (const { type } of this.#context.nc.status()) {
      if (type === "disconnect") this.#up = false;
      if (type === "reconnect") this.#up = true;
    }
  }
}

function addressOf<Subject extends string, Message extends z.ZodType>(
  entry: { subject: Subject; key?: (message: z.input<Message>) => Address<Subject> },
  message: z.input<Message>,
): Address<Subject> {
  return entry.key === undefined ? (message as Address<Subject>) : entry.key(message);
}
