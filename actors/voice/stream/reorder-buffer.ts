/**
 * Puts the chunks of a stream in order. One that came before is dropped, one that is early waits; when too many wait,
 * what they wait for counts as lost.
 */
export class ReorderBuffer<Chunk> {
  readonly #window: number;
  readonly #early = new Map<number, Chunk>();
  #next = 0;

  /** `window`: chunks that may wait. */
  constructor(window: number) {
    this.#window = window;
  }

  /** Takes a chunk and returns those that are due. One without a number comes next. */
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

  /** Everything that still waits, in order: nothing comes any more. */
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
