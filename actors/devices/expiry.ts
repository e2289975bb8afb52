/** Longest delay of a timer, ms; a longer one would fire at once. */
const timerMs = 2 ** 31 - 1;

/** Expiry timers of devices. */
export class Expiry {
  readonly #onDue: (id: string) => void;
  readonly #due = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  #armedFor = Number.POSITIVE_INFINITY;

  constructor(onDue: (id: string) => void) {
    this.#onDue = onDue;
  }

  get size(): number {
    return this.#due.size;
  }

  /** Sets the expiry (Unix ms) of a device, replacing the previous one. */
  set(id: string, at: number): void {
    this.#due.set(id, at);
    if (at < this.#armedFor) this.#arm();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#due.clear();
  }

  #arm(): void {
    clearTimeout(this.#timer);
    this.#armedFor = Math.min(Number.POSITIVE_INFINITY, ...this.#due.values());
    if (this.#due.size === 0) return;
    const delay = Math.min(timerMs, Math.max(1, this.#armedFor - Date.now()));
    this.#timer = setTimeout(() => this.#ring(), delay);
  }

  #ring(): void {
    const now = Date.now();
    for (const [id, at] of this.#due) {
      if (at > now) continue;
      this.#due.delete(id);
      this.#onDue(id);
    }
    this.#arm();
  }
}
