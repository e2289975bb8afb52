import type { z } from "zod";
import type { Limits } from "../../schemas/limits.ts";
import {
  type MessageState,
  messageStateSchema,
  type SessionAsk,
  type StopAnswer,
  stopAnswerSchema,
} from "../../schemas/messages/session-input.ts";
import { sessionPartition, subjects } from "../../schemas/messages/subjects.ts";
import { isNoResponders, type NatsLink } from "../nats-link.ts";

const againMs = 150;
const onceMs = 2_000;

/** Asks the owner of a session. Nobody answers while a session changes hands, so it asks again for a while. */
export class SessionOwnerClient {
  readonly #link: NatsLink;
  readonly #limits: Pick<Limits, "ownerAnswerMs">;

  constructor(link: NatsLink, limits: Pick<Limits, "ownerAnswerMs">) {
    this.#link = link;
    this.#limits = limits;
  }

  /** What became of a message; undefined when nobody answers. `forMs`: how long to ask, 0 = once. */
  state(
    user: string,
    session: string,
    clientMsgId: string,
    forMs?: number,
  ): Promise<MessageState | undefined> {
    const ask: SessionAsk = { kind: "state", user, session, client_msg_id: clientMsgId };
    return this.#ask(ask, messageStateSchema, forMs);
  }

  /** Stops the running reply; undefined when nobody answers. */
  stop(user: string, session: string, messageId: string | undefined): Promise<StopAnswer | undefined> {
    return this.#ask({ kind: "stop", user, session, message_id: messageId }, stopAnswerSchema);
  }

  /** Ends a spoken reply where the user spoke over it; undefined when nobody answers. */
  interrupt(
    user: string,
    session: string,
    heard: { message_id: string; heard_index?: number | undefined; heard_ms?: number | undefined },
  ): Promise<StopAnswer | undefined> {
    return this.#ask({ kind: "interrupt", user, session, ...heard }, stopAnswerSchema);
  }

  /** Notes that a sentence of a reply was played. Nobody waits for it, and nothing but a default depends on it. */
  played(user: string, session: string, messageId: string, index: number): void {
    if (!this.#link.up) return;
    const ask: SessionAsk = { kind: "played", user, session, message_id: messageId, index };
    this.#link.nc.publish(subjects.sessionAsk(sessionPartition(user, session)), JSON.stringify(ask));
  }

  async #ask<T extends z.ZodType>(
    ask: SessionAsk,
    answer: T,
    forMs = this.#limits.ownerAnswerMs,
  ): Promise<z.output<T> | undefined> {
    const subject = subjects.sessionAsk(sessionPartition(ask.user, ask.session));
    const until = performance.now() + forMs;
    do {
      const payload = JSON.stringify({ ...ask, deadline: Date.now() + onceMs });
      try {
        const msg = await this.#link.nc.request(subject, payload, { timeout: onceMs });
        const parsed = answer.safeParse(msg.json());
        return parsed.success ? parsed.data : undefined;
      } catch (err) {
        if (isNoResponders(err)) await new Promise((resolve) => setTimeout(resolve, againMs));
      }
    } while (performance.now() < until && !this.#link.nc.isClosed());
    return undefined;
  }
}
