import { isSubjectFull } from "../../infra/nats/subject-full.ts";
import { ParleyError } from "../../schemas/errors.ts";
import type { Limits } from "../../schemas/limits.ts";
import type { MessageState, SessionInput } from "../../schemas/messages/session-input.ts";
import { subjects } from "../../schemas/messages/subjects.ts";
import type { UserRates } from "../admission/user-rates.ts";
import type { UserSessions } from "../admission/user-sessions.ts";
import type { NatsLink } from "../nats-link.ts";
import type { EdgeMetrics } from "../operations/metrics.ts";
import { refuseLarge } from "./large-payload.ts";
import type { SessionOwnerClient } from "./session-owner-client.ts";

const publishMs = 5_000;

/** What one user may send: how fast, and into how many sessions at a time. */
export interface UserBounds {
  rates: Pick<UserRates, "take">;
  sessions: Pick<UserSessions, "take">;
}

/** Puts users' messages into their sessions' logs; nothing else does. */
export class Ingress {
  readonly #link: NatsLink;
  readonly #owner: SessionOwnerClient;
  readonly #bounds: UserBounds;
  readonly #limits: Pick<Limits, "natsMessageBytes">;
  readonly #metrics: EdgeMetrics;

  constructor(
    link: NatsLink,
    owner: SessionOwnerClient,
    bounds: UserBounds,
    limits: Pick<Limits, "natsMessageBytes">,
    metrics: EdgeMetrics,
  ) {
    this.#link = link;
    this.#owner = owner;
    this.#bounds = bounds;
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
    if (!this.#bounds.rates.take(user)) throw new ParleyError("rate_limited");
    if (!this.#link.up) throw new ParleyError("storage_unavailable");
    if (!this.#bounds.sessions.take(user, session)) {
      throw new ParleyError("rate_limited", {
        error: "未完成的会话过多",
        hint: "等待其他会话的回复完成后再发送",
      });
    }
    const payload = JSON.stringify(input);
    const field = input.attachments.length > 0 ? "attachments" : "content";
    refuseLarge(payload, this.#limits.natsMessageBytes, field);
    // The server forgets the id after two minutes; later repeats reach the log, where the owner finds them.
    const id = `${user}.${session}.${client_msg_id}`;
    return this.#link.publisher.publish(subjects.sessionIn(user, session), payload, id, publishMs).then(
      (ack) => ack.duplicate,
      (cause: unknown) => {
        throw new ParleyError(isSubjectFull(cause) ? "session_queue_full" : "storage_unavailable", { cause });
      },
    );
  }

  async #stateOf({ user, session, client_msg_id }: SessionInput): Promise<MessageState> {
    return (await this.#owner.state(user, session, client_msg_id)) ?? { status: "unknown" };
  }
}
