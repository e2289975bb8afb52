import type { Shown } from "./prepared-attachment.ts";

/** Attachments that were prepared for a model, by the hash of their file: later turns of a session need them again. */
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
    // The one that was not used for longest is the first to go.
    this.#kept.delete(hash);
    this.#kept.set(hash, shown);
    return shown;
  }

  /** Keeps it and gives it back. */
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
