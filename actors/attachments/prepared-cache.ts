import type { PreparedAttachment } from "./prepared-attachment.ts";

/** LRU cache of prepared attachments by file hash: later turns of a session reuse them. */
export class PreparedCache {
  readonly #maxBytes: number;
  readonly #kept = new Map<string, PreparedAttachment>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get(hash: string): PreparedAttachment | undefined {
    const prepared = this.#kept.get(hash);
    if (prepared === undefined) return undefined;
    // Reinsert, so that the least recently used entry is evicted first.
    this.#kept.delete(hash);
    this.#kept.set(hash, prepared);
    return prepared;
  }

  /** Adds an entry and returns it. */
  put(hash: string, prepared: PreparedAttachment): PreparedAttachment {
    this.#drop(hash);
    this.#kept.set(hash, prepared);
    this.#bytes += sizeOf(prepared);
    for (const [oldest] of this.#kept) {
      if (this.#bytes <= this.#maxBytes) break;
      this.#drop(oldest);
    }
    return prepared;
  }

  #drop(hash: string): void {
    const prepared = this.#kept.get(hash);
    if (prepared === undefined) return;
    this.#kept.delete(hash);
    this.#bytes -= sizeOf(prepared);
  }
}

function sizeOf(prepared: PreparedAttachment): number {
  if (prepared.kind === "image") return prepared.dataUri.length;
  return prepared.kind === "text" ? 2 * prepared.text.length : 0;
}
