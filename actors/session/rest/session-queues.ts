import type { Bus } from "../../../infra/bus/bus.ts";
import { sessionQueue } from "../../../schemas/messages/session.ts";
import type { SessionQueue } from "../../../schemas/messages/session-input.ts";

/** Unfinished messages of sessions, as the actors that own them know them. */
export class SessionQueues {
  readonly #bus: Pick<Bus, "ask">;

  constructor(bus: Pick<Bus, "ask">) {
    this.#bus = bus;
  }

  /**
   * The unfinished messages of a session. Where its owner does not answer that is an error: an empty queue
   * would hide what was accepted.
   * @throws ParleyError `service_unavailable`
   */
  queue(user: string, session: string): Promise<SessionQueue> {
    return this.#bus.ask(sessionQueue, { kind: "queue", user, session });
  }
}
