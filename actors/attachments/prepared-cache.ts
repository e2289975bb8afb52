import type { Shown } from "./prepared-attachment.ts";

/** LRU cache of prepared attachments by file hash: later turns of a session reuse them. */
export class ShownCache {
  readonly #maxBytes: number;
  readonly #kept = new Map<string, Shown>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get(hash: string): Shown | undefined {
    const shown = this.#kept.get(hash);
    if (shown === undefined) return undefined;
    // Reinsert, so that the least recently used entry is evicted first.
    this.#kept.delete(hash);
    this.#kept.set(hash, shown);
    return shown;
  }

  /** Adds an entry and returns it. */
  put(hash: string, shown: Shown): Shown {
    this.#drop(hash);
    this.#kept.set(hash, shown);
    this.#bytes += sizeOf(shown);
    for (const [oldest] of this.#kept) {
      if (this.#bytes <= this.#maxBytes) break;
      this.#drop(oldest);
    }
    return shown;
  }

  #drop(hash: string): void {
    const shown = this.#kept.get(hash);
    if (shown === undefined) return;
    this.#kept.delete(hash);
    this.#bytes -= sizeOf(shown);
  }
}

function sizeOf(shown: Shown): number {
  if (shown.kind === "image") return shown.dataUri.length;
  return shown.kind === "text" ? 2 * shown.text.length : 0;
}
