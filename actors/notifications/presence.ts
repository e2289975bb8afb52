import { type NatsConnection, TimeoutError } from "nats";
import { subjects } from "../../schemas/messages/subjects.ts";

/** Asks the edges whether users have sockets. Only an edge that has some listens, so nobody is a quick answer. */
export class Presence {
  readonly #nc: NatsConnection;
  readonly #timeoutMs: number;
  readonly #asking = new Map<string, Promise<boolean>>();

  constructor(nc: NatsConnection, timeoutMs: number) {
    this.#nc = nc;
    this.#timeoutMs = timeoutMs;
  }

  /** Whether a socket of the user is open on any edge. An edge that listens and is slow to answer has some as well. */
  has(user: string): Promise<boolean> {
    let asking = this.#asking.get(user);
    if (asking === undefined) {
      asking = this.#nc
        .request(subjects.presence(user), "", { timeout: this.#timeoutMs })
        .then(
          () => true,
          (err: unknown) => err instanceof TimeoutError,
        )
        .finally(() => this.#asking.delete(user));
      this.#asking.set(user, asking);
    }
    return asking;
  }
}
