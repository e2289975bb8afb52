import type { Logger } from "../../infra/log.ts";
import type { MemoryDocument, RecallAnswer } from "../../schemas/documents/memory.ts";
import type { Embeddings } from "../models/embeddings.ts";
import { termsOf } from "../text/terms.ts";
import { dot, unpackVector } from "../text/vector.ts";
import type { MemoryStore } from "./memory-store.ts";

/** A fact with its relevance to a text, 0 to 1. */
export interface Relevant {
  memory: MemoryDocument;
  relevance: number;
}

// Cosines of small embedding models are compressed near 1.
const cosineFloor = 0.8;
const cosineSpan = 0.15;
const embedMs = 80;
/** Minimum relevance at which a fact counts as used. */
const usedFrom = 0.3;
const relevantFrom = 0.15;
/** Facts of at least this priority are always recalled, within the limit. */
const alwaysFrom = 5;
const perPriority = 0.08;
const perUse = 0.05;

/** Recalls facts about users for their turns. */
export class Recall {
  readonly #store: MemoryStore;
  readonly #embeddings: Embeddings;
  readonly #limits: { recallFacts: number; memoryUsers: number };
  readonly #log: Logger;
  readonly #cache = new Map<string, Promise<MemoryDocument[]>>();

  constructor(
    store: MemoryStore,
    embeddings: Embeddings,
    limits: { recallFacts: number; memoryUsers: number },
    log: Logger,
  ) {
    this.#store = store;
    this.#embeddings = embeddings;
    this.#limits = limits;
    this.#log = log;
  }

  /** Invalidates the cache of a user. */
  changed(user: string): void {
    this.#cache.delete(user);
  }

  /** Current facts relevant to a text, most important first. */
  async recall(user: string, text: string): Promise<RecallAnswer> {
    const all = await this.#facts(user);
    const current = all.filter(({ superseded_by }) => superseded_by === null);
    if (current.length === 0) return { facts: [], empty: true };
    const few = current.length <= this.#limits.recallFacts;
    const scored = await relevance(current, text, few ? null : this.#embeddings);
    const chosen = scored
      .filter(({ memory, relevance: own }) => few || own >= relevantFrom || memory.priority >= alwaysFrom)
      .toSorted((x, y) => weight(y) - weight(x))
      .slice(0, this.#limits.recallFacts);
    const used = chosen.filter(({ relevance: own }) => own >= usedFrom).map(({ memory }) => memory._id);
    if (used.length > 0)
      this.#store
        .used(user, used)
        .catch((err: unknown) => this.#log.warn({ err, user }, "recalled facts not counted"));
    return { facts: chosen.map(({ memory }) => line(memory)), empty: false };
  }

  #facts(user: string): Promise<MemoryDocument[]> {
    const known = this.#cache.get(user);
    if (known !== undefined) return known;
    const loading = this.#store.all(user);
    this.#cache.set(user, loading);
    loading.catch(() => {
      if (this.#cache.get(user) === loading) this.#cache.delete(user);
    });
    for (const oldest of this.#cache.keys()) {
      if (this.#cache.size <= this.#limits.memoryUsers) break;
      this.#cache.delete(oldest);
    }
    return loading;
  }
}

/** Relevance of each fact to a text, by shared words, and by cosine if the facts have vectors. */
export async function relevance(
  memories: readonly MemoryDocument[],
  text: string,
  embeddings: Embeddings | null,
): Promise<Relevant[]> {
  const terms = new Set(termsOf(text));
  const query = embeddings === null ? undefined : await embedQuery(embeddings, text);
  return memories.map((memory) => {
    const own = new Set(memory.terms.split(" ").filter((term) => term !== ""));
    const shared = [...own].filter((term) => terms.has(term)).length;
    const words = shared === 0 ? 0 : shared / Math.min(own.size, Math.max(1, terms.size));
    const comparable =
      query !== undefined && memory.vector !== null && memory.embedding_model === query.model;
    const cosine = comparable
      ? dot(query.vectors[0] ?? new Float32Array(), unpackVector(memory.vector?.buffer ?? new Uint8Array(4)))
      : 0;
    const meaning = Math.min(1, Math.max(0, (cosine - cosineFloor) / cosineSpan));
    return { memory, relevance: Math.max(Math.min(1, words), meaning) };
  });
}

async function embedQuery(embeddings: Embeddings, text: string) {
  try {
    return await embeddings.embed([text], "query", AbortSignal.timeout(embedMs));
  } catch {
    return undefined;
  }
}

function weight({ memory, relevance: own }: Relevant): number {
  return own + perPriority * memory.priority + perUse * Math.log1p(memory.uses);
}

function line({ content, created_at }: MemoryDocument): string {
  return `${content} (${created_at.toISOString().slice(0, 10)})`;
}
