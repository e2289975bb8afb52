import { newId } from "../../schemas/ids.ts";

/** Users whose numbers are kept; the count of one that is dropped starts again. */
const mostUsers = 50_000;

/** Who has published a batch, and which of its batches for this user it is. */
export interface BatchMark {
  from: string;
  /** 1 = the first, which says nothing about earlier ones. */
  number: number;
}

/**
 * Numbers the batches of each user. Frames leave without an acknowledgement, and those under way when a server of the
 * stream is lost are lost too: an edge sees it by the next number.
 */
export class BatchNumbers {
  readonly #from = newId("o_", 8);
  readonly #numbers = new Map<string, number>();

  /** The mark of a user's next batch. */
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
