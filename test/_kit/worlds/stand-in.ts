import {
  AckPolicy,
  type JetStreamClient,
  type JetStreamManager,
  jetstream,
  jetstreamManager,
} from "@nats-io/jetstream";
import type { ExecutionContext } from "ava";
import type { NatsConnection } from "nats";
import { createLogger } from "../../../infra/log.ts";
import { connectNats } from "../../../infra/nats/connect.ts";
import { outStreamConfig, sessionsStreamConfig } from "../../../infra/nats/stream-configs.ts";
import { ensureStream } from "../../../infra/nats/streams.ts";
import { limitsSchema } from "../../../schemas/limits.ts";
import type { OutItem, RunMark } from "../../../schemas/messages/out-item.ts";
import type { MessageState, SessionAsk, SessionInput } from "../../../schemas/messages/session-input.ts";
import { streams, subjects } from "../../../schemas/messages/subjects.ts";
import { Watch } from "../judge/waiting.ts";

const log = createLogger("test", { logLevel: "silent" });

/** Replaces the actors: creates the streams, reads session input, publishes frames as the test defines. */
export class StandIn {
  readonly nc: NatsConnection;
  readonly js: JetStreamClient;
  readonly jsm: JetStreamManager;
  /** Every message submitted to a session, in order. */
  readonly inputs: SessionInput[] = [];
  /** Returns its answer to a state query; undefined = no answer. */
  state: (ask: SessionAsk) => MessageState | undefined = () => undefined;
  /** Called with each message on arrival. */
  onInput: (input: SessionInput) => void = () => {};
  readonly #watch = new Watch();

  private constructor(nc: NatsConnection, jsm: JetStreamManager) {
    this.nc = nc;
    this.js = jetstream(nc);
    this.jsm = jsm;
  }

  /** Starts one; closed with the test. `sessionQueue`: maximum messages in a session's log. */
  static async start(
    t: Pick<ExecutionContext, "teardown">,
    natsUrl: string,
    sessionQueue = 200,
  ): Promise<StandIn> {
    const nc = await connectNats({ url: natsUrl, name: "stand-in", log });
    t.teardown(() => nc.close());
    const standIn = new StandIn(nc, await jetstreamManager(nc));
    await ensureStream(standIn.jsm, { ...sessionsStreamConfig(limitsSchema.parse({ sessionQueue })) });
    await ensureStream(standIn.jsm, outStreamConfig());
    await standIn.#read();
    return standIn;
  }

  /** Starts answering requests to session owners, from {@link state}. */
  own(): void {
    this.nc.subscribe(subjects.sessionAskAll, {
      callback: (_, msg) => {
        const state = this.state(msg.json<SessionAsk>());
        if (state !== undefined) msg.respond(JSON.stringify(state));
      },
    });
  }

  /** Publishes frames to a user, in one message. Returns its sequence. */
  async out(user: string, ...items: OutItem[]): Promise<number> {
    const ack = await this.js.publish(subjects.outUser(user), JSON.stringify({ items }));
    return ack.seq;
  }

  /** Whether an edge reports this user as present. */
  async present(user: string): Promise<boolean> {
    return this.nc.request(subjects.presence(user), "", { timeout: 2_000 }).then(
      () => true,
      () => false,
    );
  }

  /** Waits for the message with this content. */
  input(content: string): Promise<SessionInput> {
    return this.#watch.until(
      () => this.inputs.find((input) => input.content === content),
      10_000,
      `message ${content}`,
    );
  }

  async #read(): Promise<void> {
    const consumer = await this.jsm.consumers.add(streams.sessions, { ack_policy: AckPolicy.None });
    const messages = await (await this.js.consumers.get(streams.sessions, consumer.name)).consume();
    const read = async () => {
      for await (const message of messages) {
        const input = message.json<SessionInput>();
        this.inputs.push(input);
        this.onInput(input);
        this.#watch.changed();
      }
    };
    void read();
  }
}

/** The echo of a message. */
export function echoOf(input: SessionInput): OutItem {
  return {
    frame: {
      type: "response",
      role: "user",
      msg_type: "chat",
      message_id: input.message_id,
      session_id: input.session,
      content: input.content,
      client_msg_id: input.client_msg_id,
      timestamp: input.at,
    },
    ...(input.origin && { origin: input.origin }),
  };
}

/** The frames of a reply: start, one for each chunk, end. */
export function replyTo(
  input: Pick<SessionInput, "session" | "reply_id" | "client_msg_id">,
  chunks: readonly string[],
  options: { attempt?: number; end?: boolean; run?: string } = {},
): OutItem[] {
  const { attempt = 1, end = true } = options;
  const run = options.run ?? `run_${attempt}`;
  const of = { session_id: input.session, message_id: input.reply_id, timestamp: 1 };
  const mark = (phase: RunMark["phase"]): RunMark => ({ attempt, run_id: run, phase });
  const start: OutItem = {
    frame: {
      type: "stream_start",
      role: "assistant",
      ...of,
      client_msg_id: input.client_msg_id,
      attempt,
      response_mode: "text",
      model: "stand-in",
    },
    run: mark("running"),
  };
  const parts = chunks.map(
    (content): OutItem => ({
      frame: { type: "stream_chunk", role: "assistant", msg_type: "chat", ...of, content, attempt },
      run: mark("running"),
    }),
  );
  const last: OutItem = {
    frame: {
      type: "stream_end",
      role: "assistant",
      ...of,
      client_msg_id: input.client_msg_id,
      text: chunks.join(""),
      finish_reason: "stop",
      attempt,
      response_mode: "text",
    },
    run: mark("ended"),
  };
  return end ? [start, ...parts, last] : [start, ...parts];
}

/** A notice with a text, as a neutral frame. */
export function notice(message: string): OutItem {
  return {
    frame: {
      type: "system_info",
      msg_type: "system_info",
      system_info: { level: "info", message },
      timestamp: 1,
    },
  };
}
