/** Replies whose playback is remembered. */
const maxReplies = 16;

/** Which sentences of the last replies the user's devices have played to the end. */
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

  /** The sentence that is played next; undefined when no device has reported playback. */
  next(messageId: string): number | undefined {
    const last = this.#last.get(messageId);
    return last === undefined ? undefined : last + 1;
  }
}
