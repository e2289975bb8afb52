import { newId } from "../../schemas/ids.ts";

/** Maximum users whose numbers are kept; an evicted user's numbers restart. */
const mostUsers = 50_000;

/** Publisher of a batch, and its number among the publisher's batches for this user. */
export interface BatchMark {
  from: string;
  /** 1 = the first, which implies nothing about earlier ones. */
  number: number;
}

/**
 * Numbers the batches of each user. Frames are published without an acknowledgement and can be lost with a
 * stream server; edges detect the loss by a gap in the numbers.
 */
export class BatchNumbers {
  readonly #from = newId("o_", 8);
  readonly #numbers = new Map<string, number>();

  /** Returns the mark of a user's next batch. */
  next(user: string): BatchMark {
    const number = (this.#numbers.get(user) ?? 0) + 1;
    this.#numbers.delete(user);
    this.#numbers.set(user, number);
    if (this.#numbers.size > mostUsers) {
      const [oldest] = this.#numbers.keys();
      if (oldest !== undefined) this.#numbers.delete(oldest);
    }
    return { from: this.#from, number };
  }
}
