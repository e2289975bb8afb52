import type { Batch } from "./frame.ts";

/** Publishers remembered per user; more than serve a user at a time. */
const mostPublishers = 32;

/** Detects batches of a user that were published but never stored, by gaps in the batch numbers. */
export class BatchChain {
  readonly #numbers = new Map<string, number>();

  /** Adds the next batch. Returns whether an earlier one is missing. */
  isBroken({ from, number }: Pick<Batch, "from" | "number">): boolean {
    if (from === undefined || number === undefined) return false;
    const before = this.#numbers.get(from);
    // A re-sent batch arrives late, after its gap was detected.
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
