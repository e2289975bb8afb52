import type { Msg, Subscription } from "nats";
import type { Logger } from "../../infra/log.ts";
import { lastToken, subjects } from "../../schemas/messages/subjects.ts";
import type { NatsLink } from "../nats-link.ts";

/** Takes one answer. `noResponders`: nobody took the request that this inbox was named for. */
export type Receiver = (text: string, noResponders: boolean) => void;

/** Everything that is meant for one socket or one request of this edge, on one subscription for life. */
export class Inbox {
  readonly #receivers = new Map<string, Receiver>();
  readonly #subscription: Subscription;

  constructor(link: NatsLink, edge: string, log: Logger) {
    this.#subscription = link.nc.subscribe(subjects.outEdgeAll(edge), {
      callback: (err, msg) => {
        if (err !== null) return;
        try {
          this.#dispatch(msg);
        } catch (cause) {
          log.error({ err: cause }, "answer not understood");
        }
      },
    });
  }

  /** Hands what comes for `name` to `receiver` until {@link remove}. */
  add(name: string, receiver: Receiver): void {
    this.#receivers.set(name, receiver);
  }

  /** Ends it; later answers are dropped. */
  remove(name: string): void {
    this.#receivers.delete(name);
  }

  /** Stops reading. */
  close(): void {
    this.#subscription.unsubscribe();
  }

  #dispatch(msg: Msg): void {
    const noResponders = msg.data.length === 0 && msg.headers?.code === 503;
    this.#receivers.get(lastToken(msg.subject))?.(msg.string(), noResponders);
  }
}
