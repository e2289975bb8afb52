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

/** What a bus is made of. */
export interface BusOptions {
  nc: NatsConnection;
  log: Logger;
  metrics: Pick<Metrics, "counter" | "histogram">;
  limits: Limits;
  /** Consumers end with the process. */
  lifecycle?: Pick<Lifecycle, "onStop">;
  /** Whether an error of a handler means that a store can't be reached: then it is waited for, and no try is counted. */
  isOutage?: (err: unknown) => boolean;
}

/** How a message is stored; `id` takes the place of the entry's. */
export interface AppendOptions<Subject extends string> extends StoreOptions {
  to?: Address<Subject>;
  /** The message as JSON, where its caller has encoded it already. */
  text?: string;
}

/** What the functions of this folder share. */
export interface BusContext extends Omit<BusOptions, "isOutage"> {
  isOutage: (err: unknown) => boolean;
  js: JetStreamClient;
  jsm: JetStreamManager;
  publisher: StreamPublisher;
  messages: MessageMetrics;
}

/**
 * Everything that a process publishes, requests and receives, by the entries of `schemas/messages/`: each message is
 * checked against its entry's schema where it arrives, and counted. Generic: it knows no subject.
 */
export class Bus {
  readonly #context: BusContext;
  #up = true;

  private constructor(context: BusContext) {
    this.#context = context;
    void this.#follow();
  }

  /** A bus over a connection. Nothing is asked of the server yet. */
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

  /** Whether the connection stands. What is sent while it does not is sent much later, or never. */
  get up(): boolean {
    return this.#up;
  }

  /** Stores payloads as they are, where a stream is copied. */
  get publisher(): Pick<StreamPublisher, "publish"> {
    return this.#context.publisher;
  }

  /** Payload bytes that one message may have. */
  get maxBytes(): number {
    return this.#context.publisher.maxBytes;
  }

  /** Sends a message that nobody acknowledges. `to` gives the tokens of the subject that are not in the message. */
  signal<Subject extends string, Message extends z.ZodType>(
    entry: Signal<Subject, Message>,
    message: z.input<Message>,
    to?: Address<Subject>,
  ): void {
    this.signalText(entry, encode(entry, message), to ?? addressOf(entry, message));
  }

  /**
   * Sends a message that its caller has encoded; one that the server does not take is logged and dropped.
   * Where nobody serves its subject, the server says so on `reply`.
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

  /** Receives a signal; `of` narrows its subject. */
  listen<Subject extends string, Message extends z.ZodType>(
    entry: Signal<Subject, Message>,
    handle: (message: z.output<Message>, from: ReceivedFrom) => void,
    of?: Partial<Address<Subject>>,
  ): Listening {
    return listen(this.#context, entry, handle, of);
  }

  /** Receives a message whose entry says why its schema is not run. */
  listenRaw<Subject extends string>(
    entry: Pick<Signal<Subject>, "name" | "subject" | "raw" | "queue">,
    handle: (message: RawMessage) => void,
    of?: Partial<Address<Subject>>,
  ): Listening {
    return listenRaw(this.#context, entry, handle, of);
  }

  /**
   * Asks one process. It is asked once, or for as long as the entry's `retryMs` says.
   * @throws NoAnswer; ParleyError as the answering process threw it
   */
  ask<Subject extends string, Message extends z.ZodType, Answer extends z.ZodType>(
    entry: Request<Subject, Message, Answer>,
    question: Question<Message>,
    options?: AskOptions<Subject>,
  ): Promise<z.output<Answer>> {
    return ask(this.#context, entry, question, options);
  }

  /**
   * Asks all processes that serve a request, and gathers their answers: for as long as the entry's timeout (`timer`), or
   * until no further one comes (`stall`). Those that do not answer in time are missing.
   */
  askAll<Message extends z.ZodType, Answer extends z.ZodType>(
    entry: Request<string, Message, Answer>,
    message: z.input<Message>,
    strategy: "timer" | "stall" = "timer",
  ): Promise<z.output<Answer>[]> {
    return askAll(this.#context, entry, message, strategy);
  }

  /** Answers requests; a thrown ParleyError is the answer, too. */
  serve<Subject extends string, Message extends z.ZodType, Answer extends z.ZodType>(
    entry: Request<Subject, Message, Answer>,
    handler: Serving<Message, Answer>,
    options?: ServeOptions<Subject>,
  ): Listening {
    return serve(this.#context, entry, handler, options);
  }

  /**
   * Stores a message in its stream; resolves when the stream has it.
   * @throws MessageTooLarge, and as {@link StreamPublisher.publish} does
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

  /** Stores a message that its caller has encoded; as {@link append}. */
  appendText<Subject extends string>(
    entry: Pick<StoredMessage<Subject>, "name" | "subject">,
    text: string,
    { to, ...options }: StoreOptions & { to: Address<Subject> },
  ): Promise<StoredAck> {
    this.#context.messages.count("published", entry.name);
    return this.#context.publisher.publish(subjectOf(entry, to), text, options);
  }

  /**
   * Reads stored messages with a durable consumer that all processes share; see {@link ConsumerOptions}. It ends with the
   * process, after what it handles, or when its caller stops it.
   */
  consume<Subject extends string, Message extends z.ZodType>(
    entry: StoredMessage<Subject, Message>,
    options: ConsumerOptions<Subject>,
    handle: Handler<Message>,
  ): Promise<{ stop(): Promise<void> }> {
    return startConsumer(this.#context, entry, options, handle);
  }

  /** Puts a message that can't be handled aside, where an administrator finds it, and counts it. */
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
