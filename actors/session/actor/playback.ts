/** Replies of which it is remembered what was played. */
const remembered = 16;

/** Which sentences of the last replies the user's devices have played to the end. */
export class Playback {
  readonly #last = new Map<string, number>();

  /** A device has played a sentence. */
  played(messageId: string, index: number): void {
    const before = this.#last.get(messageId) ?? -1;
    this.#last.delete(messageId);
    this.#last.set(messageId, Math.max(before, index));
    if (this.#last.size <= remembered) return;
    const [oldest] = this.#last.keys();
    if (oldest !== undefined) this.#last.delete(oldest);
  }

  /** The sentence that comes next; undefined where no device has told. */
  next(messageId: string): number | undefined {
    const last = this.#last.get(messageId);
    return last === undefined ? undefined : last + 1;
  }
}
