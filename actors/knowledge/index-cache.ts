import type { BaseDocument } from "../../schemas/documents/knowledge.ts";
import { unpackVector } from "../text/vector.ts";
import { BaseIndex } from "./base-index.ts";
import type { KnowledgeStore, SourceHead } from "./knowledge-store.ts";

interface Entry {
  index: BaseIndex;
  revision: number;
  /** Chunk set of each document that is in the index. */
  sets: Map<string, string>;
}

/**
 * The indexes of knowledge bases in memory, least recently used first out. An index is brought up to the base's revision
 * before each use, by the documents that have come and gone; no other process has to tell.
 */
export class IndexCache {
  readonly #store: KnowledgeStore;
  readonly #maxBytes: number;
  readonly #entries = new Map<string, Promise<Entry>>();
  readonly #sizes = new Map<string, number>();

  constructor(store: KnowledgeStore, maxBytes: number) {
    this.#store = store;
    this.#maxBytes = maxBytes;
  }

  /** Indexes of these bases, as they are now. */
  async of(bases: readonly BaseDocument[]): Promise<BaseIndex[]> {
    const indexes: BaseIndex[] = [];
    // One after the other: loading is work for the processor, which is not made faster by doing it all at once.
    for (const base of bases) indexes.push((await this.#fresh(base)).index);
    return indexes;
  }

  async #fresh(base: BaseDocument): Promise<Entry> {
    const before = this.#entries.get(base._id);
    // One change at a time for each base; a failed one leaves nothing behind.
    const next = (before ?? Promise.resolve(empty())).catch(empty).then((entry) => this.#update(base, entry));
    this.#entries.delete(base._id);
    this.#entries.set(base._id, next);
    try {
      const entry = await next;
      this.#sizes.set(base._id, entry.index.bytes);
      this.#evict(base._id);
      return entry;
    } catch (err) {
      if (this.#entries.get(base._id) === next) this.#entries.delete(base._id);
      throw err;
    }
  }

  async #update(base: BaseDocument, old: Entry): Promise<Entry> {
    if (old.revision === base.revision) return old;
    const entry = old.index.wasted ? empty() : old;
    const heads = await this.#store.heads(base.user_id, [base._id]);
    const wanted = new Map(heads.map((head) => [head._id, head]));
    for (const [document, set] of entry.sets)
      if (wanted.get(document)?.chunk_set !== set) {
        entry.index.remove(document);
        entry.sets.delete(document);
      }
    for (const head of heads) if (!entry.sets.has(head._id)) await this.#load(entry, head);
    // Read before the documents: a change in between is seen as a newer revision by the next search.
    entry.revision = base.revision;
    return entry;
  }

  async #load(entry: Entry, head: SourceHead): Promise<void> {
    for await (const { _id, terms, vector } of this.#store.searchData(head)) {
      const model = head.embedding_model;
      const packed =
        vector === null || model === null ? null : { model, values: unpackVector(vector.buffer) };
      entry.index.add({ id: _id, document: head._id, terms, vector: packed });
    }
    entry.sets.set(head._id, head.chunk_set ?? "");
  }

  #evict(keep: string): void {
    let total = [...this.#sizes.values()].reduce((sum, bytes) => sum + bytes, 0);
    for (const id of [...this.#entries.keys()]) {
      if (total <= this.#maxBytes) return;
      if (id === keep) continue;
      total -= this.#sizes.get(id) ?? 0;
      this.#entries.delete(id);
      this.#sizes.delete(id);
    }
  }
}

function empty(): Entry {
  return { index: new BaseIndex(), revision: -1, sets: new Map() };
}
