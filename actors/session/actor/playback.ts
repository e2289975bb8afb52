/** Number of replies whose playback is tracked. */
const maxReplies = 16;

/** Tracks which sentences of recent replies the user's devices have played completely. */
export class Playback {
  readonly #last = new Map<string, number>();

  /** Records that a device has played a sentence. */
  record(messageId: string, index: number): void {
    const before = this.#last.get(messageId) ?? -1;
    this.#last.delete(messageId);
    this.#last.set(messageId, Math.max(before, index));
    if (this.#last.size <= maxReplies) return;
    const [oldest] = this.#last.keys();
    if (oldest !== undefined) this.#last.delete(oldest);
  }

  /** Index of the next sentence to be played; undefined if no device has reported playback. */
  next(messageId: string): number | undefined {
    const last = this.#last.get(messageId);
    return last === undefined ? undefined : last + 1;
  }
}
