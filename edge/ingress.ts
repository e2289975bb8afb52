import { JetStreamApiError } from "@nats-io/jetstream";
import { ParleyError } from "../schemas/errors.ts";
import type { Limits } from "../schemas/limits.ts";
import type { MessageState, SessionInput } from "../schemas/session-input.ts";
import { subjects } from "../schemas/subjects.ts";
import { refuseLarge } from "./large-payload.ts";
import type { EdgeMetrics } from "./metrics.ts";
import type { NatsLink } from "./nats-link.ts";
import type { SessionOwner } from "./session-owner.ts";
import type { UserRates } from "./user-rates.ts";

/** JetStream's error for a subject that holds as many messages as it may. */
const maximumPerSubject = 10077;
const publishMs = 5_000;

/** Puts users' messages into their sessions' logs; nothing else does. */
export class Ingress {
  readonly #link: NatsLink;
  readonly #owner: SessionOwner;
  readonly #rates: UserRates;
  readonly #limits: Pick<Limits, "natsMessageBytes">;
  readonly #metrics: EdgeMetrics;

  constructor(
    link: NatsLink,
    owner: SessionOwner,
    rates: UserRates,
    limits: Pick<Limits, "natsMessageBytes">,
    metrics: EdgeMetrics,
  ) {
    this.#link = link;
    this.#owner = owner;
    this.#rates = rates;
    this.#limits = limits;
    this.#metrics = metrics;
  }

  /**
   * Stores a message, or finds that it was stored before: then the answer is what became of it. The message goes out
   * before the first await, so messages keep the order in which this is called.
   * @throws ParleyError `rate_limited`, `payload_too_large`, `session_queue_full`, `storage_unavailable`
   */
  async accept(input: SessionInput): Promise<MessageState | undefined> {
    try {
      const duplicate = await this.#publish(input);
      this.#metrics.messages.inc({ surface: input.surface, outcome: duplicate ? "duplicate" : "accepted" });
      return duplicate ? await this.#stateOf(input) : undefined;
    } catch (err) {
      const outcome = err instanceof ParleyError ? err.errorType : "internal_error";
      this.#metrics.messages.inc({ surface: input.surface, outcome });
      throw err;
    }
  }

  #publish(input: SessionInput): Promise<boolean> {
    const { user, session, client_msg_id } = input;
    if (!this.#rates.take(user)) throw new ParleyError("rate_limited");
    if (!this.#link.up) throw new ParleyError("storage_unavailable");
    const payload = JSON.stringify(input);
    const field = input.attachments.length > 0 ? "attachments" : "content";
    refuseLarge(payload, this.#limits.natsMessageBytes, field);
    // The server forgets the id after two minutes; later repeats reach the log, where the owner finds them.
    const id = `${user}.${session}.${client_msg_id}`;
    return this.#link.publisher.publish(subjects.sessionIn(user, session), payload, id, publishMs).then(
      (ack) => ack.duplicate,
      (cause: unknown) => {
        const full = cause instanceof JetStreamApiError && cause.code === maximumPerSubject;
        throw new ParleyError(full ? "session_queue_full" : "storage_unavailable", { cause });
      },
    );
  }

  async #stateOf({ user, session, client_msg_id }: SessionInput): Promise<MessageState> {
    return (await this.#owner.state(user, session, client_msg_id)) ?? { status: "unknown" };
  }
}
