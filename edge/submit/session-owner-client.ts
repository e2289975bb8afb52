import type { Bus } from "../../infra/bus/bus.ts";
import { ParleyError } from "../../schemas/errors.ts";
import {
  sentencePlayed,
  sessionInterrupt,
  sessionQueue,
  sessionState,
  sessionStop,
} from "../../schemas/messages/session.ts";
import type { MessageState, StopAnswer } from "../../schemas/messages/session-input.ts";

/**
 * Sends requests to the owner of a session. During a handover there is no responder, so a request is retried
 * for a while.
 */
export class SessionOwnerClient {
  readonly #bus: Pick<Bus, "ask" | "signal" | "up">;

  constructor(bus: Pick<Bus, "ask" | "signal" | "up">) {
    this.#bus = bus;
  }

  /** Queries a message's state; undefined without an answer. `forMs`: how long to retry, 0 = one attempt. */
  state(
    user: string,
    session: string,
    clientMsgId: string,
    forMs?: number,
  ): Promise<MessageState | undefined> {
    const ask = { kind: "state", user, session, client_msg_id: clientMsgId } as const;
    const options = forMs === undefined ? {} : { retryMs: forMs };
    return answered(this.#bus.ask(sessionState, ask, options));
  }

  /** Whether a session has unfinished messages; undefined when the owner does not answer at once. */
  async isUnfinished(user: string, session: string): Promise<boolean | undefined> {
    const ask = { kind: "queue", user, session } as const;
    const queue = await answered(this.#bus.ask(sessionQueue, ask, { retryMs: 0 }));
    return queue && queue.unfinished.length > 0;
  }

  /** Stops the running reply; undefined without an answer. */
  stop(user: string, session: string, messageId: string | undefined): Promise<StopAnswer | undefined> {
    return answered(
      this.#bus.ask(sessionStop, (deadline) => ({
        kind: "stop" as const,
        user,
        session,
        message_id: messageId,
        deadline,
      })),
    );
  }

  /** Truncates a spoken reply that the user interrupted; undefined without an answer. */
  interrupt(
    user: string,
    session: string,
    heard: { message_id: string; heard_index?: number | undefined; heard_ms?: number | undefined },
  ): Promise<StopAnswer | undefined> {
    return answered(
      this.#bus.ask(sessionInterrupt, (deadline) => ({
        kind: "interrupt" as const,
        user,
        session,
        ...heard,
        deadline,
      })),
    );
  }

  /** Reports that a sentence of a reply was played. Fire and forget: only a default depends on it. */
  played(user: string, session: string, messageId: string, index: number): void {
    if (!this.#bus.up) return;
    this.#bus.signal(sentencePlayed, { kind: "played", user, session, message_id: messageId, index });
  }
}

/** The answer, or undefined when the owner sent none. */
async function answered<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (err) {
    if (err instanceof ParleyError) return undefined;
    throw err;
  }
}
