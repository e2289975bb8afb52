import { type NatsConnection, RequestError, TimeoutError } from "nats";
import { type SessionAsk, type SessionQueue, sessionQueueSchema } from "../../schemas/session-input.ts";
import { sessionPartition, subjects } from "../../schemas/subjects.ts";

const answerMs = 1_000;

/** Questions to whoever owns a session now. */
export class SessionOwner {
  readonly #nc: NatsConnection;

  constructor(nc: NatsConnection) {
    this.#nc = nc;
  }

  /** The unfinished messages of a session; none where nobody owns it just now. */
  async queue(user: string, session: string): Promise<SessionQueue> {
    const ask: SessionAsk = { kind: "queue", user, session };
    try {
      const subject = subjects.sessionAsk(sessionPartition(user, session));
      const answer = await this.#nc.request(subject, JSON.stringify(ask), { timeout: answerMs });
      return sessionQueueSchema.parse(answer.json());
    } catch (err) {
      if (err instanceof RequestError || err instanceof TimeoutError) return { unfinished: [] };
      throw err;
    }
  }
}
