/**
 * Reorders the chunks of a stream. Duplicates are dropped, early chunks are buffered; when the buffer is
 * full, the missing chunks count as lost.
 */
export class ReorderBuffer<Chunk> {
  readonly #window: number;
  readonly #early = new Map<number, Chunk>();
  #next = 0;

  /** `window`: maximum buffered chunks. */
  constructor(window: number) {
    this.#window = window;
  }

  /** Adds a chunk and returns those in order. A chunk without a sequence is the next one. */
  take(sequence: number | undefined, chunk: Chunk): Chunk[] {
    const place = sequence ?? this.#next;
    if (place < this.#next || this.#early.has(place)) return [];
    this.#early.set(place, chunk);
    const due = this.#due();
    if (this.#early.size > this.#window) {
      this.#next = Math.min(...this.#early.keys());
      due.push(...this.#due());
    }
    return due;
  }

  /** Returns the buffered chunks in order, at the end of the stream. */
  rest(): Chunk[] {
    const rest = [...this.#early].sort(([a], [b]) => a - b).map(([, chunk]) => chunk);
    this.#early.clear();
    return rest;
  }

  #due(): Chunk[] {
    const due: Chunk[] = [];
    for (let chunk = this.#early.get(this.#next); chunk !== undefined; chunk = this.#early.get(this.#next)) {
      due.push(chunk);
      this.#early.delete(this.#next);
      this.#next += 1;
    }
    return due;
  }
}
