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
 * LRU cache of knowledge base indexes. An index is updated to the base's revision
 * before each use, by added and removed documents; no notification between processes is needed.
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

  /** Up-to-date indexes of these bases. */
  async of(bases: readonly BaseDocument[]): Promise<BaseIndex[]> {
    const indexes: BaseIndex[] = [];
    // Sequential, because loading is CPU-bound.
    for (const base of bases) indexes.push((await this.#fresh(base)).index);
    return indexes;
  }

  async #fresh(base: BaseDocument): Promise<Entry> {
    const before = this.#entries.get(base._id);
    // One update at a time per base; a failed one discards the entry.
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
    // Set before reading documents: the next search then sees a change in between as a newer revision.
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
