import { type NatsConnection, RequestError, TimeoutError } from "nats";
import { ParleyError } from "../../../schemas/errors.ts";
import {
  type SessionAsk,
  type SessionQueue,
  sessionQueueSchema,
} from "../../../schemas/messages/session-input.ts";
import { sessionPartition, subjects } from "../../../schemas/messages/subjects.ts";

const answerMs = 1_000;
const againMs = 150;
/** A session changes hands within this time. */
const timeoutMs = 5_000;

/** Requests to the process that owns a session. */
export class SessionOwnerClient {
  readonly #nc: NatsConnection;

  constructor(nc: NatsConnection) {
    this.#nc = nc;
  }

  /**
   * The unfinished messages of a session. No process answers while it changes hands, so the request is repeated for a
   * while: an empty answer would hide accepted messages.
   * @throws ParleyError `service_unavailable`
   */
  async queue(user: string, session: string): Promise<SessionQueue> {
    const ask: SessionAsk = { kind: "queue", user, session };
    const subject = subjects.sessionAsk(sessionPartition(user, session));
    const until = performance.now() + timeoutMs;
    do {
      try {
        const answer = await this.#nc.request(subject, JSON.stringify(ask), { timeout: answerMs });
        return sessionQueueSchema.parse(answer.json());
      } catch (err) {
        if (!(err instanceof RequestError || err instanceof TimeoutError)) throw err;
        if (err instanceof RequestError) await new Promise((resolve) => setTimeout(resolve, againMs));
      }
    } while (performance.now() < until);
    throw new ParleyError("service_unavailable");
  }
}
