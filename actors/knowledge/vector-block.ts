/** A vector with its model; vectors of different models are not comparable. */
export interface ModelVector {
  model: string;
  values: Float32Array;
}

/** Vectors of one model in one array, each with its chunk number. */
export class VectorBlock {
  readonly dimensions: number;
  readonly #owners: number[] = [];
  #values = new Float32Array(0);

  constructor(dimensions: number) {
    this.dimensions = dimensions;
  }

  /** Approximate memory use, bytes. */
  get bytes(): number {
    return this.#values.byteLength + this.#owners.length * 8;
  }

  add(owner: number, vector: Float32Array): void {
    const from = this.#owners.length * this.dimensions;
    const end = from + this.dimensions;
    if (end > this.#values.length) {
      const grown = new Float32Array(Math.max(end, Math.ceil(this.#values.length * 1.5)));
      grown.set(this.#values);
      this.#values = grown;
    }
    this.#values.set(vector, from);
    this.#owners.push(owner);
  }

  /** Calls back with the owner of every vector and its dot product with `query`. */
  each(query: Float32Array, visit: (owner: number, product: number) => void): void {
    const owners = this.#owners;
    for (let i = 0; i < owners.length; i++)
      visit(owners[i] as number, dotAt(this.#values, i * this.dimensions, query));
  }
}

/** Four independent accumulators, for instruction-level parallelism. */
function dotAt(vectors: Float32Array, from: number, query: Float32Array): number {
  let [a, b, c, d] = [0, 0, 0, 0];
  const whole = query.length - (query.length % 4);
  for (let i = 0; i < whole; i += 4) {
    a += (vectors[from + i] as number) * (query[i] as number);
    b += (vectors[from + i + 1] as number) * (query[i + 1] as number);
    c += (vectors[from + i + 2] as number) * (query[i + 2] as number);
    d += (vectors[from + i + 3] as number) * (query[i + 3] as number);
  }
  for (let i = whole; i < query.length; i++) a += (vectors[from + i] as number) * (query[i] as number);
  return a + b + c + d;
}
