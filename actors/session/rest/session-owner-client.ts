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
const patienceMs = 5_000;

/** Questions to whoever owns a session now. */
export class SessionOwnerClient {
  readonly #nc: NatsConnection;

  constructor(nc: NatsConnection) {
    this.#nc = nc;
  }

  /**
   * The unfinished messages of a session. Nobody answers while it changes hands, so it asks again for a while: to say
   * that nothing is unfinished would hide what was accepted.
   * @throws ParleyError `service_unavailable`
   */
  async queue(user: string, session: string): Promise<SessionQueue> {
    const ask: SessionAsk = { kind: "queue", user, session };
    const subject = subjects.sessionAsk(sessionPartition(user, session));
    const until = performance.now() + patienceMs;
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
