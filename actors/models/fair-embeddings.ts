import { FairQueue } from "../runtime/fair-queue.ts";
import type { Embedded, EmbeddingKind, Embeddings } from "./embeddings.ts";

/** Concurrent passage calls: an embedded server processes one call at a time. */
const places = { embedded: 1, remote: 4 };
/** How long passages may yield to queries, ms. */
const yieldMs = 2_000;

/**
 * Embeddings scheduled fairly: queries run at once, passages wait for the queries of this process and are
 * served round-robin by user.
 */
export class FairEmbeddings implements Embeddings {
  readonly #inner: Embeddings;
  readonly #embedded = new FairQueue({ places: places.embedded });
  readonly #remote = new FairQueue({ places: places.remote });
  readonly #queries = new Set<Promise<unknown>>();

  constructor(inner: Embeddings) {
    this.#inner = inner;
  }

  configuredModel(): string | undefined {
    return this.#inner.configuredModel();
  }

  async embed(
    texts: readonly string[],
    kind: EmbeddingKind,
    signal?: AbortSignal,
    user = "",
  ): Promise<Embedded> {
    if (kind === "query") return this.#query(texts, signal);
    const queue = this.configuredModel() === undefined ? this.#embedded : this.#remote;
    return queue.use(
      user,
      async () => {
        await this.#afterQueries();
        signal?.throwIfAborted();
        return this.#inner.embed(texts, kind, signal);
      },
      signal,
    );
  }

  async #query(texts: readonly string[], signal: AbortSignal | undefined): Promise<Embedded> {
    const answer = this.#inner.embed(texts, "query", signal);
    const settled = answer.catch(() => {});
    this.#queries.add(settled);
    try {
      return await answer;
    } finally {
      this.#queries.delete(settled);
    }
  }

  async #afterQueries(): Promise<void> {
    const until = performance.now() + yieldMs;
    while (this.#queries.size > 0 && performance.now() < until) await Promise.race(this.#queries);
  }
}
