import { type ModelVector, VectorBlock } from "./vector-block.ts";

/** A chunk to index. */
export interface IndexedChunk {
  id: string;
  document: string;
  /** Search terms, separated by spaces. */
  terms: string;
  vector: ModelVector | null;
}

/** Maximum term count per chunk; postings pack chunk and count into one number. */
const maxCount = 63;
const perCount = maxCount + 1;
const chinese = /[\u3400-\u9fff]/;
const bytesPerPosting = 10;
const bytesPerTerm = 120;
const bytesPerChunk = 200;

/**
 * In-memory index of one knowledge base: an inverted index of terms, and the vectors of each embedding model.
 * Removed chunks stay as dead entries until {@link wasted} requires a rebuild.
 */
export class BaseIndex {
  readonly #ids: string[] = [];
  readonly #documents: string[] = [];
  readonly #lengths: number[] = [];
  readonly #logLengths: number[] = [];
  readonly #dead = new Set<number>();
  readonly #postings = new Map<string, number[]>();
  readonly #byDocument = new Map<string, number[]>();
  readonly #vectors = new Map<string, VectorBlock>();
  readonly #chinese: boolean[] = [];
  #terms = 0;
  #postingCount = 0;

  /** Number of live chunks. */
  get size(): number {
    return this.#ids.length - this.#dead.size;
  }

  /** Number of entries, including dead ones; the upper bound of chunk numbers. */
  get slots(): number {
    return this.#ids.length;
  }

  /** Total number of terms, including dead chunks. */
  get terms(): number {
    return this.#terms;
  }

  /** Whether more than a quarter of the entries is dead. */
  get wasted(): boolean {
    return this.#dead.size > 64 && this.#dead.size * 4 > this.#ids.length;
  }

  /** Approximate memory use, bytes. */
  get bytes(): number {
    const words = this.#postingCount * bytesPerPosting + this.#postings.size * bytesPerTerm;
    const vectors = [...this.#vectors.values()].reduce((sum, { bytes }) => sum + bytes, 0);
    return words + vectors + this.#ids.length * bytesPerChunk;
  }

  get documents(): Iterable<string> {
    return this.#byDocument.keys();
  }

  idOf(chunk: number): string {
    return this.#ids[chunk] ?? "";
  }

  /** Number of terms of a chunk. */
  lengthOf(chunk: number): number {
    return this.#lengths[chunk] ?? 0;
  }

  /** Logarithm of that number plus one. */
  logLengthOf(chunk: number): number {
    return this.#logLengths[chunk] ?? 0;
  }

  /** Whether a chunk contains Chinese. */
  isChinese(chunk: number): boolean {
    return this.#chinese[chunk] === true;
  }

  isDead(chunk: number): boolean {
    return this.#dead.has(chunk);
  }

  /** Adds a chunk. A vector whose dimension differs from its model's earlier ones is omitted. */
  add({ id, document, terms, vector }: IndexedChunk): void {
    const chunk = this.#ids.length;
    this.#ids.push(id);
    this.#documents.push(document);
    const own = this.#byDocument.get(document);
    if (own === undefined) this.#byDocument.set(document, [chunk]);
    else own.push(chunk);
    this.#chinese.push(chinese.test(terms));
    this.#addTerms(chunk, terms === "" ? [] : terms.split(" "));
    this.#addVector(chunk, vector);
  }

  /** Removes the chunks of a document. */
  remove(document: string): void {
    for (const chunk of this.#byDocument.get(document) ?? []) this.#dead.add(chunk);
    this.#byDocument.delete(document);
  }

  /** Calls back with every chunk that contains a term, including dead ones, and its count. */
  eachPosting(term: string, visit: (chunk: number, count: number) => void): void {
    for (const posting of this.#postings.get(term) ?? [])
      visit(Math.floor(posting / perCount), posting % perCount);
  }

  /** All terms that contain a text. */
  termsWith(text: string): string[] {
    return [...this.#postings.keys()].filter((term) => term.includes(text));
  }

  /** Number of chunks with a term, including dead ones. */
  frequency(term: string): number {
    return this.#postings.get(term)?.length ?? 0;
  }

  /** Calls back with every live chunk that has a vector of the query's model, and their cosine. */
  eachCosine({ model, values }: ModelVector, visit: (chunk: number, cosine: number) => void): void {
    const block = this.#vectors.get(model);
    if (block === undefined || block.dimensions !== values.length) return;
    block.each(values, (chunk, cosine) => {
      if (!this.#dead.has(chunk)) visit(chunk, cosine);
    });
  }

  #addTerms(chunk: number, terms: string[]): void {
    const counts = new Map<string, number>();
    for (const term of terms) counts.set(term, (counts.get(term) ?? 0) + 1);
    for (const [term, count] of counts) {
      const posting = chunk * perCount + Math.min(count, maxCount);
      const list = this.#postings.get(term);
      if (list === undefined) this.#postings.set(term, [posting]);
      else list.push(posting);
    }
    this.#postingCount += counts.size;
    this.#terms += terms.length;
    this.#lengths.push(terms.length);
    this.#logLengths.push(Math.log1p(terms.length));
  }

  #addVector(chunk: number, vector: ModelVector | null): void {
    if (vector === null) return;
    const { model, values } = vector;
    const block = this.#vectors.get(model) ?? new VectorBlock(values.length);
    this.#vectors.set(model, block);
    if (block.dimensions === values.length) block.add(chunk, values);
  }
}
