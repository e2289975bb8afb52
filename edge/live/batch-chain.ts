import type { Batch } from "./frame.ts";

/** Publishers of one user that are remembered; more than have served a user at a time. */
const mostPublishers = 32;

/** Notices batches of a user that were published and never stored, by the numbers of those that were. */
export class BatchChain {
  readonly #numbers = new Map<string, number>();

  /** Takes the next batch. Answers whether one before it is missing. */
  isBroken({ from, number }: Pick<Batch, "from" | "number">): boolean {
    if (from === undefined || number === undefined) return false;
    const before = this.#numbers.get(from);
    // A batch that was sent again comes late, after it was noticed.
    if (before !== undefined && number !== 1 && number <= before) return false;
    this.#numbers.delete(from);
    this.#numbers.set(from, number);
    if (this.#numbers.size > mostPublishers) {
      const [oldest] = this.#numbers.keys();
      if (oldest !== undefined) this.#numbers.delete(oldest);
    }
    return before !== undefined && number > before + 1;
  }
}
