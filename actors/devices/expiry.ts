/** Expiry timers of devices. */
export class Expiry {
  readonly #onDue: (id: string) => void;
  readonly #due = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(onDue: (id: string) => void) {
    this.#onDue = onDue;
  }

  get size(): number {
    return this.#due.size;
  }

  /** Sets the expiry (Unix ms) of a device, replacing the previous one. */
  set(id: string, at: number): void {
    this.#due.set(id, at);
    this.#arm();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#due.clear();
  }

  #arm(): void {
    if (this.#timer !== undefined || this.#due.size === 0) return;
    const next = Math.min(...this.#due.values());
    this.#timer = setTimeout(() => this.#ring(), Math.max(1, next - Date.now()));
  }

  #ring(): void {
    this.#timer = undefined;
    const now = Date.now();
    for (const [id, at] of this.#due) {
      if (at > now) continue;
      this.#due.delete(id);
      this.#onDue(id);
    }
    this.#arm();
  }
}
