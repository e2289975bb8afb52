/** A bounded amount shared by requests: a total, and a share per holder. */
export class Budget {
  readonly #total: number;
  readonly #share: number;
  readonly #held = new Map<string, number>();
  #used = 0;

  /** `share`: the most that one holder (a user or an address) may hold at a time. */
  constructor(total: number, share: number) {
    this.#total = total;
    this.#share = share;
  }

  /** Acquires an amount; false, and nothing acquired, when it exceeds the total or the holder's share. */
  take(holder: string, amount = 1): boolean {
    const held = (this.#held.get(holder) ?? 0) + amount;
    if (held > this.#share || this.#used + amount > this.#total) return false;
    this.#held.set(holder, held);
    this.#used += amount;
    return true;
  }

  /** Releases an acquired amount. */
  give(holder: string, amount = 1): void {
    const held = (this.#held.get(holder) ?? 0) - amount;
    this.#used -= amount;
    if (held > 0) this.#held.set(holder, held);
    else this.#held.delete(holder);
  }
}
