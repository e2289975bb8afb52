import { FairQueue } from "../runtime/fair-queue.ts";
import type { Embedded, EmbeddingKind, Embeddings } from "./embeddings.ts";

/** Calls for passages that run at a time: an embedded server does one thing after the other. */
const places = { embedded: 1, remote: 4 };
/** Passages give way to questions this long at most, ms. */
const yieldMs = 2_000;

/**
 * Embeddings whose users take turns: questions are asked at once, passages wait for the questions of this process and for
 * their user's turn.
 */
export class FairEmbeddings implements Embeddings {
  readonly #inner: Embeddings;
  readonly #embedded = new FairQueue({ places: places.embedded });
  readonly #remote = new FairQueue({ places: places.remote });
  readonly #questions = new Set<Promise<unknown>>();

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
    if (kind === "query") return this.#question(texts, signal);
    const queue = this.configuredModel() === undefined ? this.#embedded : this.#remote;
    return queue.use(
      user,
      async () => {
        await this.#afterQuestions();
        signal?.throwIfAborted();
        return this.#inner.embed(texts, kind, signal);
      },
      signal,
    );
  }

  async #question(texts: readonly string[], signal: AbortSignal | undefined): Promise<Embedded> {
    const asked = this.#inner.embed(texts, "query", signal);
    const settled = asked.catch(() => {});
    this.#questions.add(settled);
    try {
      return await asked;
    } finally {
      this.#questions.delete(settled);
    }
  }

  async #afterQuestions(): Promise<void> {
    const until = performance.now() + yieldMs;
    while (this.#questions.size > 0 && performance.now() < until) await Promise.race(this.#questions);
  }
}
