/** A bounded amount of something that requests share: so much in all, and so much for one holder. */
export class Budget {
  readonly #total: number;
  readonly #share: number;
  readonly #held = new Map<string, number>();
  #used = 0;

  /** `share`: the most that one holder, a user or an address, may have at a time. */
  constructor(total: number, share: number) {
    this.#total = total;
    this.#share = share;
  }

  /** Takes an amount; false when it exceeds the total or the holder's share, and then nothing is taken. */
  take(holder: string, amount = 1): boolean {
    const held = (this.#held.get(holder) ?? 0) + amount;
    if (held > this.#share || this.#used + amount > this.#total) return false;
    this.#held.set(holder, held);
    this.#used += amount;
    return true;
  }

  /** Gives back what was taken. */
  give(holder: string, amount = 1): void {
    const held = (this.#held.get(holder) ?? 0) - amount;
    this.#used -= amount;
    if (held > 0) this.#held.set(holder, held);
    else this.#held.delete(holder);
  }
}
